"""TOML text to plain values: the one place that imports tomli."""

from typing import Any

import tomli


class TomlProblem(ValueError):
    """Not TOML; `line` and `column` count from 1."""

    def __init__(self, *, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.message, self.line, self.column = message, line, column


def parse(text: str) -> dict[str, Any]:
    """Raises TomlProblem."""
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise TomlProblem(message=error.msg, line=error.lineno, column=error.colno) from error
