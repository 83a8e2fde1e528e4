"""Events as a person reads them: the transcript of the reference platform, readable without colour."""

import re
from typing import assert_never

from slugc import events
from slugc.model.names import printable
from slugc.render.units import listed, seconds, size

INDENT = "       "
BOLD, RED, YELLOW, RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[0m"
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def render(event: events.Event, *, colour: bool = False) -> list[str]:
    """The lines of one event; none for an event that a person need not see."""
    return [line if colour else plain(line) for line in _lines(event, colour=colour)]


def plain(text: str) -> str:
    """Without terminal escapes and control characters: what a log file should hold."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def step(text: str, *, colour: bool = False) -> str:
    return f"{BOLD}-----> {text}{RESET}" if colour else f"-----> {text}"


def details(text: str) -> list[str]:
    return [f"{INDENT}{line}".rstrip() for line in text.splitlines()]


def bang(text: str, *, colour: str = "") -> list[str]:
    return [f"{colour} !     {line}{RESET if colour else ''}" for line in text.splitlines()]


def _lines(event: events.Event, *, colour: bool) -> list[str]:  # noqa: PLR0911, PLR0912 - one case a kind of event
    match event:
        case events.BuildStarted():
            where = f"Building {printable(event.source)} on the {event.stack} stack"
            lines = [step(where, colour=colour)]
            if event.isolation != "bubblewrap":
                lines += bang(
                    f"No isolation: {event.isolation.removeprefix('none: ')}", colour=YELLOW if colour else ""
                )
            return lines
        case events.Step():
            return [step(event.text, colour=colour)]
        case events.Output():
            return [event.text] if event.buildpack else details(event.text)
        case events.Warned():
            lines = bang(event.text, colour=YELLOW if colour else "")
            return lines + (bang(f"hint: {event.hint}", colour=YELLOW if colour else "") if event.hint else [])
        case events.BuildpackTried():
            return []
        case events.GroupResolved():
            return _group(event, colour=colour)
        case events.BuildpackStarted():
            return [step(f"{event.name} app detected", colour=colour)] if event.name else []
        case events.BuildpackFinished() | events.Progress():
            return []
        case events.CacheDiscarded():
            return [
                step(f"Discarding {event.what} since:", colour=colour),
                *(f"{INDENT}- {reason}" for reason in event.reasons),
            ]
        case events.ProcessTypesFound():
            return _process_types(event, colour=colour)
        case events.SlugPacked():
            return _packed(event, colour=colour)
        case events.NothingChanged():
            return [step("Nothing changed: the previous slug is still right", colour=colour)]
        case events.InputsChanged():
            return [
                step("Building again, since the last slug:", colour=colour),
                *(f"{INDENT}- {reason}" for reason in event.reasons),
            ]
        case events.BuildFinished():
            return details(f"Done in {seconds(event.seconds)}") if event.seconds else []
        case events.BuildFailed():
            return _failure(event, colour=colour)
        case _:
            assert_never(event)


def _group(event: events.GroupResolved, *, colour: bool) -> list[str]:
    if len(event.buildpacks) == 1:
        return [step(f"Using buildpack: {event.buildpacks[0]}", colour=colour)]
    numbered = (f"{INDENT}{number}. {name}" for number, name in enumerate(event.buildpacks, start=1))
    return [step("Using buildpacks:", colour=colour), *numbered]


def _process_types(event: events.ProcessTypesFound, *, colour: bool) -> list[str]:
    lines = [step("Discovering process types", colour=colour)]
    if not event.defaults:
        return [*lines, f"{INDENT}Procfile declares types -> {listed(event.procfile)}"]
    return [
        *lines,
        f"{INDENT}Procfile declares types     -> {listed(event.procfile)}",
        f"{INDENT}Default types for buildpack -> {listed(event.defaults)}",
    ]


def _packed(event: events.SlugPacked, *, colour: bool) -> list[str]:
    reused = f", {event.frames_reused} of {event.frames} frames reused" if event.frames_reused else ""
    return [
        step("Compressing...", colour=colour),
        f"{INDENT}Done: {size(event.size)} ({event.files} files{reused})",
    ]


def _failure(event: events.BuildFailed, *, colour: bool) -> list[str]:
    red = RED if colour else ""
    lines = ["", *bang(f"Error: {event.summary} ({event.code})", colour=red)]
    if event.detail:
        lines += bang(event.detail)
    if event.hint:
        lines += bang(f"hint: {event.hint}", colour=red)
    return lines
