"""A TOML document on its way to model values: typed access that knows the line of every key."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from slugc.formats.toml import TomlProblem, parse

Path = tuple[str | int, ...]

_KEY = re.compile(r"""\s*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))\s*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|' + r"'''.*?'{3,5}" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'", re.DOTALL
)
_KINDS: Mapping[type, str] = {str: "a string", bool: "true or false", dict: "a table", list: "an array"}


class FileProblem(ValueError):
    """A file that does not say what its format asks: the key, its line (from 1; 0 unknown), and what is wrong.

    Readers turn it into an error of their phase, with the file's name.
    """

    def __init__(self, *, key: str, line: int, message: str) -> None:
        where = [f"line {line}"] if line else []
        super().__init__(": ".join([*where, *([key] if key else []), message]))
        self.key, self.line, self.message = key, line, message


class Table:
    """One table of a document. Every key that was never asked for is in `unknown()`."""

    def __init__(self, data: Mapping[str, Any], lines: "_Lines", path: Path = ()) -> None:
        self.data, self._lines, self.path = data, lines, path
        self._asked: set[str] = set()
        self._children: list[Table] = []

    def problem(self, key: str | None, message: str) -> FileProblem:
        path = self.path if key is None else (*self.path, key)
        return FileProblem(key=dotted(path), line=self.line(key), message=message)

    def line(self, key: str | None = None) -> int:
        """The line of a key, else of the nearest thing above it that stands on a line of its own."""
        path = self.path if key is None else (*self.path, key)
        lines = self._lines.found
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path, 1)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def anything(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        return self.data.get(key, default)

    def text(self, key: str, default: str = "") -> str:
        value: str = self._typed(key, str, default)
        return value

    def required_text(self, key: str) -> str:
        value = self.text(key)
        if not value:
            raise self.problem(key, "is missing" if key not in self.data else "is empty")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        value: bool = self._typed(key, bool, default)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._typed(key, list, [])
        for n, value in enumerate(values):
            if not isinstance(value, str):
                raise self.problem(key, f"item {n + 1} must be a string, it is {kind_of(value)}")
        return tuple(values)

    def table(self, key: str) -> "Table":
        """The table under `key`; an empty one where there is none."""
        return self._child(self._typed(key, dict, {}), (*self.path, key))

    def tables(self, key: str) -> list["Table"]:
        values = self._typed(key, list, [])
        for n, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.problem(key, f"item {n + 1} must be a table, it is {kind_of(value)}")
        return [self._child(value, (*self.path, key, n)) for n, value in enumerate(values)]

    def unknown(self) -> list[FileProblem]:
        """The keys that nobody asked for, here and below, in the order they stand in the file."""
        own = [self.problem(key, "is not a key of this format") for key in self.data if key not in self._asked]
        return sorted([*own, *(p for child in self._children for p in child.unknown())], key=lambda p: p.line)

    def _child(self, data: Mapping[str, Any], path: Path) -> "Table":
        child = Table(data, self._lines, path)
        self._children.append(child)
        return child

    def _typed(self, key: str, wanted: type, default: Any) -> Any:
        self._asked.add(key)
        if key not in self.data:
            return default
        value = self.data[key]
        if type(value) is not wanted:
            raise self.problem(key, f"must be {_KINDS[wanted]}, it is {kind_of(value)}")
        return value


def document(text: str) -> Table:
    """Raises FileProblem where the text is not TOML."""
    try:
        data = parse(text)
    except TomlProblem as error:
        raise FileProblem(key="", line=error.line, message=f"not TOML: {error.message}") from error
    return Table(data, _Lines(text))


class _Lines:
    """Looked for only where somebody asks: most documents are right."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def found(self) -> Mapping[Path, int]:
        return lines_of(self._text)


def kind_of(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "a number"
    return _KINDS.get(type(value), "a date or time")


def dotted(path: Path) -> str:
    """`order[0].group[1].id`, indexes from 0 as in the file's own order."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def lines_of(text: str) -> dict[Path, int]:
    """The line (from 1) of every header and every key that stands on a line of its own.

    The text is TOML already, so this reads only as far as it must: keys inside an inline table have no line of
    their own, and are found through the key that holds them.
    """
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    here: Path = ()
    pos, line, counted = 0, 1, 0
    while pos < len(text):
        line += text.count("\n", counted, pos)
        counted = pos
        if text[pos] in " \t\r\n":
            pos += 1
        elif text[pos] == "#":
            pos = _line_end(text, pos)
        elif text[pos] == "[":
            double = text.startswith("[[", pos)
            names, pos = _dotted_key(text, pos + (2 if double else 1))
            here = _enter(names, counts, array=double)
            lines.setdefault(here, line)
            pos = _line_end(text, pos)
        else:
            names, pos = _dotted_key(text, pos)
            for depth in range(1, len(names) + 1):
                lines.setdefault((*here, *names[:depth]), line)
            pos = _value_end(text, pos + 1)
    return lines


def _enter(names: list[str], counts: dict[Path, int], *, array: bool) -> Path:
    path: Path = ()
    for n, name in enumerate(names):
        path = (*path, name)
        if array and n == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _dotted_key(text: str, pos: int) -> tuple[list[str], int]:
    names: list[str] = []
    while match := _KEY.match(text, pos):
        names.append(next(group for group in match.groups() if group is not None))
        pos = match.end()
        if pos >= len(text) or text[pos] != ".":
            break
        pos += 1
    return names, max(pos, 0)


def _line_end(text: str, pos: int) -> int:
    end = text.find("\n", pos)
    return len(text) if end < 0 else end + 1


def _value_end(text: str, pos: int) -> int:
    """The start of the line after a value; brackets, strings and comments are passed over."""
    depth = 0
    while pos < len(text):
        char = text[pos]
        if char in "\"'":
            match = _STRING.match(text, pos)
            pos = match.end() if match else pos + 1
            continue
        if char == "#":
            pos = _line_end(text, pos) - 1
            char = text[pos]
        depth += (char in "[{") - (char in "]}")
        pos += 1
        if char == "\n" and depth <= 0:
            break
    return pos
