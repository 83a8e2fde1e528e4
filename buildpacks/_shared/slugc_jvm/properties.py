"""Java's .properties format, as far as system.properties and gradle-wrapper.properties use it; pure."""

import re

_LINE = re.compile(r"\s*([^\s:=#!][^\s:=]*)\s*[:=\s]\s*(.*?)\s*")


def parse(text: str) -> dict[str, tuple[str, int]]:
    """Key -> (value, line from 1). The last one wins, as in Java."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.fullmatch(line)
        if match:
            found[match[1]] = (re.sub(r"\\(.)", r"\1", match[2]), number)
    return found
