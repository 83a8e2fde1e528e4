"""Versions and what a user may ask of them: exact (`3.11.4`), a series (`3.11`), or a range (`>=3.10,<3.13`)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)([-+._a-z].*)?", re.IGNORECASE)
_CLAUSE = re.compile(r"(===|==|!=|~=|>=|<=|>|<|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*)?")


class Spec(Protocol):
    """What a runtime source asks of a wanted version. A language with its own grammar brings its own."""

    @property
    def text(self) -> str:
        """As the user wrote it, for messages."""
        ...

    def admits(self, version: str) -> bool: ...


def numbers(version: str) -> tuple[int, ...]:
    """`3.11.4rc1` -> (3, 11, 4); () for what is no version."""
    match = _VERSION.fullmatch(version)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def prerelease(version: str) -> bool:
    match = _VERSION.fullmatch(version)
    return bool(match and match[2] and not match[2].startswith("+"))


def newest(versions: Iterable[str], spec: Spec) -> str | None:
    """The highest version that `spec` admits. A pre-release only serves a spec that admits nothing else."""
    admitted = [version for version in versions if spec.admits(version)]
    return max(admitted, key=lambda version: (not prerelease(version), numbers(version)), default=None)


@dataclass(frozen=True, slots=True)
class Exactly:
    text: str

    def admits(self, version: str) -> bool:
        return version == self.text or (
            not prerelease(version) and not prerelease(self.text) and _padded(version) == _padded(self.text)
        )


@dataclass(frozen=True, slots=True)
class Series:
    """`3.11`, `22`, `22.x`: every version that begins with these numbers."""

    text: str

    def admits(self, version: str) -> bool:
        wanted = numbers(self.text.removesuffix(".x").removesuffix(".*"))
        return numbers(version)[: len(wanted)] == wanted


@dataclass(frozen=True, slots=True)
class Range:
    """Clauses joined by commas (all must hold) or `||` (one must): PEP 440's, and `^` and `~` of other tools.

    Raises ValueError for text that is none.
    """

    text: str

    def __post_init__(self) -> None:
        for alternative in self.text.split("||"):
            for clause in _clauses(alternative):
                if not _CLAUSE.fullmatch(clause):
                    raise ValueError(clause)

    def admits(self, version: str) -> bool:
        return any(
            all(_holds(clause, version) for clause in _clauses(alternative)) for alternative in self.text.split("||")
        )


@dataclass(frozen=True, slots=True)
class Anything:
    text: str = "any version"

    def admits(self, version: str) -> bool:
        return bool(numbers(version))


def _clauses(text: str) -> list[str]:
    return [clause.strip() for clause in text.split(",") if clause.strip() not in {"", "*"}]


def _holds(clause: str, version: str) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        return False
    operator, text, wildcard = match[1] or "==", match[2], match[3]
    wanted, found = numbers(text), numbers(version)
    if wildcard or (operator == "==" and match[1] is None and len(wanted) < 3):
        same = found[: len(wanted)] == wanted
        return same if operator in {"==", "==="} else not same
    return _compare(operator, found, wanted)


def _compare(operator: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:  # noqa: PLR0911 - a table
    size = max(len(found), len(wanted))
    left, right = _pad(found, size), _pad(wanted, size)
    match operator:
        case "==" | "===":
            return left == right
        case "!=":
            return left != right
        case ">=":
            return left >= right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case "<":
            return left < right
        case "~=":  # ~=3.11 is >=3.11,==3.*; ~=3.11.2 is >=3.11.2,==3.11.*
            return left >= right and found[: len(wanted) - 1] == wanted[:-1]
        case "~":  # ~3.11 and ~3.11.2 stay in 3.11; ~3 in 3
            return left >= right and found[: min(2, len(wanted))] == wanted[:2]
        case _:  # ^: the leftmost number that is not zero stays
            fixed = next((n for n, part in enumerate(wanted) if part), len(wanted) - 1) + 1
            return left >= right and found[:fixed] == wanted[:fixed]


def _pad(parts: tuple[int, ...], size: int) -> tuple[int, ...]:
    return parts + (0,) * (size - len(parts))


def _padded(version: str) -> tuple[int, ...]:
    return _pad(numbers(version), 4)
