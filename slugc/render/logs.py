"""Log lines for a terminal: each dyno's name in a colour of its own. Pure."""

import re

COLOURS = (36, 33, 32, 35, 31)
"""Cyan, yellow, green, magenta, red, given to names in the order in which they appear."""
_LINE = re.compile(r"(\S+ [\w-]+\[([-\w]+)(?:\.\d+)?\]:)(.*)", re.DOTALL)


class LogColours:
    """Remembers which name has which colour, for the length of one listing."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def line(self, text: str) -> str:
        match = _LINE.fullmatch(text)
        if match is None:
            return text
        colour = self._given.setdefault(match[2], COLOURS[len(self._given) % len(COLOURS)])
        return f"\x1b[{colour}m{match[1]}\x1b[0m{match[3]}"
