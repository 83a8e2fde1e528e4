"""What a command needs of the outside: the state folder, a clock, and a listener for events."""

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, TextIO

from slugc.events import Emit, Event
from slugc.host.clock import Clock, SystemClock
from slugc.host.home import Home

if TYPE_CHECKING:
    from slugc.render.github import GithubRenderer


class OutputForm(StrEnum):
    HUMAN = "human"
    JSON = "json"
    GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Session:
    home: Home
    clock: Clock
    emit: Emit
    form: OutputForm


def open_session(*, json: bool = False, github: bool = False) -> Session:
    """`json`: every event is a line on stdout. A command whose result is one JSON document leaves it out: its
    stdout holds that document and nothing else."""
    form = OutputForm.JSON if json else OutputForm.GITHUB if github else OutputForm.HUMAN
    return Session(home=Home.of_this_user(), clock=SystemClock(), emit=listener(form), form=form)


def form_of(argv: list[str]) -> OutputForm:
    """The form a command line asks for, known even where the command never got to its own options."""
    options = argv[: argv.index("--")] if "--" in argv else argv
    if "--json" in options:
        return OutputForm.JSON
    return OutputForm.GITHUB if "--github" in options else OutputForm.HUMAN


def colour_wanted(stream: TextIO) -> bool:
    """The NO_COLOR convention, then whether somebody looks at it."""
    return not os.environ.get("NO_COLOR") and drawable(stream)


def drawable(stream: TextIO) -> bool:
    """Whether a terminal obeys escape sequences: Emacs' and many logs of CI say that theirs is `dumb`."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def listener(form: OutputForm) -> Emit:
    match form:
        case OutputForm.JSON:
            return _json_listener()
        case OutputForm.GITHUB:
            return _github_listener()
        case OutputForm.HUMAN:
            return _human_listener(sys.stderr)


def _json_listener() -> Emit:
    from slugc.events import Progress
    from slugc.render import json

    def emit(event: Event) -> None:
        if not isinstance(event, Progress):
            sys.stdout.write(json.render(event) + "\n")
            sys.stdout.flush()

    return emit


@cache
def github_renderer() -> "GithubRenderer":
    """One for the process: what stopped the runner's commands must be what lets them go on."""
    from slugc.render.github import GithubRenderer

    return GithubRenderer()


def end(session: Session) -> None:
    """At the end of a command that has succeeded."""
    if session.form is OutputForm.GITHUB:
        sys.stderr.writelines(line + "\n" for line in github_renderer().end())


def _github_listener() -> Emit:
    renderer = github_renderer()

    def emit(event: Event) -> None:
        for line in renderer.render(event):
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    return emit


def _human_listener(stream: TextIO) -> Emit:
    from slugc.cli.progress import ProgressBar
    from slugc.events import Progress
    from slugc.render import human

    colour = colour_wanted(stream)
    bar = ProgressBar(stream, SystemClock()) if drawable(stream) else None

    def emit(event: Event) -> None:
        if isinstance(event, Progress):
            if bar:
                bar.show(event)
            return
        if bar:
            bar.clear()
        stream.writelines(line + "\n" for line in human.render(event, colour=colour))
        stream.flush()

    return emit
