"""A line that a child printed, as an event. The marks are the classic Buildpack API's own convention."""

import re

from slugc.events import Event, Output, Step, Warned

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STEP = re.compile(r"-----> (.*)")
_BANG = re.compile(r" !(?: {1,6}|$)(.*)")


def event(line: str, *, buildpack: str, stream: str) -> Event:
    """`-----> x` is a Step, ` !     x` is Warned, anything else is Output exactly as it was printed."""
    bare = _COLOUR.sub("", line)
    step = _STEP.fullmatch(bare)
    if step and step[1].strip():
        return Step(text=step[1].strip())
    bang = _BANG.fullmatch(bare)
    if bang and bang[1].strip():
        return Warned(text=bang[1].rstrip(), buildpack=buildpack)
    return Output(text=line, buildpack=buildpack, stream=stream)
