"""TOML text to plain values: the one place that imports tomli."""

from collections.abc import Iterable
from typing import Any

import tomli

DEPTH = 100


class TomlProblem(ValueError):
    """Not TOML; `line` and `column` count from 1."""

    def __init__(self, *, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.message, self.line, self.column = message, line, column


def parse(text: str) -> dict[str, Any]:
    """Raises TomlProblem; also for what is nested so deep that a walk through it would not come to its end."""
    try:
        values = tomli.loads(text)
    except RecursionError:
        raise _too_deep() from None
    except tomli.TOMLDecodeError as error:
        raise TomlProblem(message=error.msg, line=error.lineno, column=error.colno) from error
    level: list[Any] = [values]
    for _ in range(DEPTH):
        level = [item for value in level for item in _within(value) if isinstance(item, dict | list)]
        if not level:
            return values
    raise _too_deep()


def _within(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _too_deep() -> TomlProblem:
    return TomlProblem(message=f"nested deeper than {DEPTH} levels", line=1, column=1)
