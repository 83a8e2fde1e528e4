"""Errors of running dynos (80s)."""

from collections.abc import Sequence

from slugc.errors.root import DynoError, UsageError


def _listing(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "none"


class NothingToRun(UsageError):
    """`slugc run` got no command."""

    code = "usage.nothing-to-run"

    def __init__(self, *, known: Sequence[str]) -> None:
        self.known = tuple(known)
        super().__init__(
            "There is no command to run",
            detail=f"Process types of this slug: {_listing(known)}.",
            hint="Name a command or a process type after --, as in: slugc run app.slug -- bash",
        )


class NothingToRunOn(UsageError):
    """`slugc run` got a command in the place of what it should run on, most often: `slugc run bash`."""

    code = "usage.nothing-to-run-on"

    def __init__(self, *, given: str, command: Sequence[str]) -> None:
        import shlex

        self.given, self.command = given, tuple(command)
        super().__init__(
            f"{given} is no slug, no source and no release.json",
            detail="The first word says what the command runs on.",
            hint=f"On the app of this folder: slugc run -- {shlex.join([given, *command])}. On a slug: slugc run "
            "app.slug -- CMD",
        )


class NothingToStart(UsageError):
    """`slugc start` would start no dyno."""

    code = "usage.nothing-to-start"

    def __init__(self, *, known: Sequence[str]) -> None:
        self.known = tuple(known)
        super().__init__(
            "There is no process to start",
            detail=f"Process types of this slug: {_listing(known)}.",
            hint="Add a Procfile with a line such as `web: COMMAND` and build again, or name a type: -m worker=1",
        )


class UnknownProcessType(DynoError):
    """A process type was named that the slug does not have."""

    code = "dyno.unknown-process-type"
    exit_code = 83

    def __init__(self, *, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(
            f"This slug has no process type named {name}",
            detail=f"Process types of this slug: {_listing(known)}.",
            hint="Add it to the Procfile and build again, or choose one of those.",
        )


class BootTimedOut(DynoError):
    """R10."""

    code = "dyno.boot-timeout"
    exit_code = 81

    def __init__(self, *, dyno: str, seconds: float) -> None:
        self.dyno, self.seconds = dyno, seconds
        super().__init__(
            f"{dyno} did not listen on its port within {seconds:g} seconds (R10)",
            hint="The web process must listen on the port that $PORT names. A slow start needs --boot-timeout SECONDS.",
        )


class CrashedAtBoot(DynoError):
    """A dyno ended before it was up."""

    code = "dyno.crashed-at-boot"
    exit_code = 82

    def __init__(self, *, dyno: str, status: int, command: str) -> None:
        self.dyno, self.status, self.command = dyno, status, command
        super().__init__(
            f"{dyno} ended with status {status} before it was up",
            detail=f"Command: {command}",
            hint="Read its last lines above; try the command by hand: slugc run SLUG -- bash",
        )


class BadFormation(UsageError):
    """`slugc ps:scale` or `-m` does not fit `TYPE=N[:SIZE]`."""

    code = "usage.bad-formation"

    def __init__(self, *, word: str, reason: str) -> None:
        self.word, self.reason = word, reason
        super().__init__(
            f"{word!r} is not a formation: {reason}",
            hint="Write TYPE=N, TYPE+N, TYPE-N, or TYPE=N:SIZE, for example: web=2 worker+1 web=2:standard-2x",
        )


class UnknownSize(UsageError):
    """A dyno size that does not exist."""

    code = "usage.unknown-size"

    def __init__(self, *, given: str, known: Sequence[str]) -> None:
        self.given = given
        super().__init__(f"There is no dyno size {given}", hint=f"Choose one of: {_listing(known)}.")


class DynoNotFound(DynoError):
    """`ps:restart` or `ps:stop` names no dyno."""

    code = "dyno.not-found"
    exit_code = 84

    def __init__(self, *, target: str, running: Sequence[str]) -> None:
        self.target, self.running = target, tuple(running)
        super().__init__(
            f"No dyno or process type named {target} is there",
            detail=f"Running: {_listing(running)}.",
            hint="slugc ps lists the dynos.",
        )


class DynoCannotStart(DynoError):
    """The sandbox's own program could not be started."""

    code = "dyno.cannot-start"
    exit_code = 85

    def __init__(self, *, dyno: str, reason: str) -> None:
        self.dyno, self.reason = dyno, reason
        super().__init__(
            f"{dyno} could not be started: {reason}",
            hint="slugc doctor says what this machine offers for isolation.",
        )


class NoFreePort(DynoError):
    """Every port for dynos is taken."""

    code = "dyno.no-free-port"
    exit_code = 86

    def __init__(self, *, low: int, high: int) -> None:
        self.low, self.high = low, high
        super().__init__(
            f"No port between {low} and {high} is free for a dyno",
            hint="Stop dynos or other servers of this machine that listen there.",
        )
