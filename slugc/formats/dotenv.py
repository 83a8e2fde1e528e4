"""`.env` text to config vars and back. Pure; nothing is ever expanded: values are data.

One `NAME=VALUE` a line, `export` before it allowed, `#` comments. A value in single quotes is taken as it stands,
one in double quotes knows the escapes \\n \\r \\t \\" \\\\ and \\$; both may span lines. Quoted pieces may follow each
other, as a shell writes an apostrophe: 'it'\\''s'. A value without quotes ends at ` #` or at the line's end.
"""

import re
from collections.abc import Mapping

_START = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*")
_SKIP = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_BARE = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"(?:^|[ \t])#.*$")
_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`", "\n": ""}
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")


class DotenvProblem(ValueError):
    """Not such a file; `line` counts from 1. `message` never shows a value."""

    def __init__(self, *, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line, self.message = line, message


def parse(text: str) -> dict[str, str]:
    """The last of two lines for one name counts. Raises DotenvProblem."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        blank = _SKIP.match(text, at)
        if blank:
            at = blank.end()
            continue
        start = _START.match(text, at)
        if start is None:
            raise DotenvProblem(line=_line(text, at), message="this is no NAME=VALUE")
        found[start[1]], at = _value(text, start.end())
    return found


def write(config_vars: Mapping[str, str]) -> str:
    """Text that `parse` and a POSIX shell take back unchanged."""
    return "".join(f"{name}={quoted(value)}\n" for name, value in config_vars.items())


def quoted(value: str) -> str:
    """A value as one word. A carriage return needs an escape, which a plain shell would not undo: a raw one
    before a line feed would be taken for the line end of another system."""
    if _PLAIN.fullmatch(value):
        return value
    if "\r" in value:
        for char, escape in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$"), ("`", "\\`"), ("\r", "\\r")):
            value = value.replace(char, escape)
        return f'"{value}"'
    return "'" + value.replace("'", "'\\''") + "'"


def _value(text: str, at: int) -> tuple[str, int]:
    if at >= len(text) or text[at] not in "'\"":
        bare = _BARE.match(text, at)
        assert bare is not None
        return _COMMENT.sub("", bare[0]).rstrip(" \t"), bare.end() + 1
    begin, pieces = at, []
    while True:
        if text.startswith("'", at):
            piece, at = _single(text, at + 1)
        elif text.startswith('"', at):
            piece, at = _double(text, at + 1)
        elif text.startswith("\\", at) and at + 1 < len(text):
            piece, at = text[at + 1], at + 2
        else:
            break
        pieces.append(piece)
    end = _END.match(text, at)
    if end is None:
        raise DotenvProblem(line=_line(text, begin), message="there is more text after the closing quote")
    return "".join(pieces), end.end()


def _single(text: str, at: int) -> tuple[str, int]:
    end = text.find("'", at)
    if end < 0:
        raise DotenvProblem(line=_line(text, at), message="the quote ' is never closed")
    return text[at:end], end + 1


def _double(text: str, at: int) -> tuple[str, int]:
    begin = at
    out: list[str] = []
    while at < len(text):
        char = text[at]
        if char == '"':
            return "".join(out), at + 1
        if char == "\\" and at + 1 < len(text):
            following = text[at + 1]
            out.append(_ESCAPES.get(following, "\\" + following))
            at += 2
            continue
        out.append(char)
        at += 1
    raise DotenvProblem(line=_line(text, begin), message='the quote " is never closed')


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
