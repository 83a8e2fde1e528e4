"""PURE: slices of launch.toml: which files of the app go into a layer of their own."""

import re
from collections.abc import Iterable, Mapping, Sequence

APP = "/app"
Slices = Sequence[Sequence[str]]


def sliced(paths: Iterable[str], slices: Slices) -> Mapping[str, int]:
    """The slice (position) of each path that is in one; the first slice that matches has it.

    Patterns are those of Go's filepath.Match, relative to the app or absolute and in it: `*` and `?` do not cross a
    `/`, and `**` is no more than `*`. A folder that matches brings everything in it.
    """
    compiled = [[re.compile(expression(pattern)) for pattern in patterns] for patterns in slices]
    found: dict[str, int] = {}
    for path in paths:
        for position, patterns in enumerate(compiled):
            if any(pattern.fullmatch(part) for pattern in patterns for part in _parents(path)):
                found[path] = position
                break
    return found


def expression(pattern: str) -> str:
    """A Go pattern as a regular expression. One that is malformed matches nothing."""
    text, pos = "", 0
    pattern = pattern.removeprefix(f"{APP}/").removeprefix("./").rstrip("/")
    while pos < len(pattern):
        char = pattern[pos]
        pos += 1
        if char == "*":
            text += "[^/]*"
        elif char == "?":
            text += "[^/]"
        elif char == "\\" and pos < len(pattern):
            text += re.escape(pattern[pos])
            pos += 1
        elif char == "[":
            match = re.compile(r"(\^?)((?:\\.|[^\]\\])+)\]").match(pattern, pos)
            if match is None:
                return r"(?!)"
            text += f"[{match[1]}{_class(match[2])}]"
            pos = match.end()
        else:
            text += re.escape(char)
    return text


def _class(body: str) -> str:
    return re.sub(r"\\(.)|([\[\]^&~|])", lambda m: re.escape(m[1]) if m[1] else "\\" + m[2], body)


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
