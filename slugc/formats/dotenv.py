"""Config vars in a file: `NAME=value` lines, quotes, comments. Values are data; nothing is expanded.

    NAME=plain text        # a comment needs a space before it
    export NAME='literal, may run
    over several lines'
    NAME="with \\n, \\t, \\" and \\\\"

`$OTHER` stays as it is: expansion is where programs of this kind differ from each other, and what a value means must
not depend on the variables around it.
"""

import re

_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_BLANK = re.compile(r"[ \t]*(?:#.*)?")
_REST = re.compile(r"[ \t]*(?:#.*)?(?=\n|\Z)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class DotenvProblem(ValueError):
    """A line that is none; `line` counts from 1."""

    def __init__(self, *, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line, self.message = line, message


def parse(text: str) -> dict[str, str]:
    """The variables in their order; a later line wins. Raises DotenvProblem."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if _BLANK.fullmatch(text, at, end):
            at = end + 1
            continue
        name = _NAME.match(text, at, end)
        if name is None:
            raise DotenvProblem(line=_line(text, at), message=f"not NAME=value: {text[at:end]!r}")
        found[name[1]], at = _value(text, name.end(), end)
    return found


def write(variables: dict[str, str]) -> str:
    """Text that `parse` reads back to the same variables."""
    return "".join(f'{name}="{_escaped(value)}"\n' for name, value in variables.items())


def _value(text: str, at: int, end: int) -> tuple[str, int]:
    if text[at : at + 1] not in {"'", '"'}:
        return re.split(r"(?:^|[ \t])#", text[at:end], maxsplit=1)[0].strip(), end + 1
    quote, began = text[at], at
    at += 1
    parts: list[str] = []
    while at < len(text) and text[at] != quote:
        if quote == '"' and text[at] == "\\" and at + 1 < len(text):
            following = text[at + 1]
            parts.append(_ESCAPES.get(following, following if following in '"\\$`' else "\\" + following))
            at += 2
        else:
            parts.append(text[at])
            at += 1
    if at >= len(text):
        raise DotenvProblem(line=_line(text, began), message=f"a value opens with {quote} and is never closed")
    rest = _REST.match(text, at + 1)
    if rest is None:
        raise DotenvProblem(line=_line(text, at), message=f"text after the closing {quote}")
    return "".join(parts), rest.end() + 1


def _escaped(value: str) -> str:
    value = value.replace("\\", "\\\\").replace('"', '\\"')
    return value.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
