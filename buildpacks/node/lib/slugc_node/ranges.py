"""npm's version ranges: `^20.1`, `>=18 <21`, `18 - 20`, `20.x || 22.x`, `*` (node-semver's grammar, own reading)."""

import re
from dataclasses import dataclass

from slugc_buildpack.versions import numbers, prerelease

Version = tuple[int, int, int]
_PARTIAL = re.compile(
    r"(?:[v=]\s*)?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
)
_COMPARATOR = re.compile(r"(\^|~>|~|>=|<=|>|<|=)?\s*(.+)")
_SPACED = re.compile(r"(\^|~>|~|>=|<=|>|<|=)\s+")
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")


@dataclass(frozen=True, slots=True)
class NpmRange:
    """A spec of the runtime sources. Raises ValueError for text that is no range."""

    text: str

    def __post_init__(self) -> None:
        _parsed(self.text)

    def admits(self, version: str) -> bool:
        found = numbers(version)
        if len(found) != 3:
            return False
        if prerelease(version):  # only whoever names a pre-release gets one
            return version.lstrip("v") == self.text.strip().lstrip("v=")
        return any(low <= found and (high is None or found < high) for low, high in _parsed(self.text))


def _parsed(text: str) -> list[tuple[Version, Version | None]]:
    """The alternatives as half-open intervals."""
    return [_intersection(alternative.strip()) for alternative in text.split("||")]


def _intersection(text: str) -> tuple[Version, Version | None]:
    hyphen = _HYPHEN.fullmatch(text)
    if hyphen:
        parts = [_bounds(">=", hyphen[1]), _bounds("<=", hyphen[2])]
    else:
        parts = [_comparator(word) for word in _SPACED.sub(r"\1", text).replace(",", " ").split()] or [
            ((0, 0, 0), None)
        ]
    low = max(part[0] for part in parts)
    highs = [part[1] for part in parts if part[1] is not None]
    return low, min(highs) if highs else None


def _comparator(word: str) -> tuple[Version, Version | None]:
    match = _COMPARATOR.fullmatch(word)
    if match is None:
        raise ValueError(word)
    return _bounds(match[1] or "=", match[2])


def _bounds(operator: str, text: str) -> tuple[Version, Version | None]:  # noqa: PLR0911 - a table
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise ValueError(text)
    given: list[int] = []
    for part in match.groups()[:3]:
        if part is None or not part.isdigit():
            break
        given.append(int(part))
    low = _filled(given)
    match operator:
        case ">=":
            return low, None
        case ">":
            return (_after(given), None) if given else (_never(), None)
        case "<":
            return (0, 0, 0), low
        case "<=":
            return (0, 0, 0), (_after(given) if given else None)
        case "^" if given:
            # The leftmost number that is not zero stays.
            fixed = next((place for place, part in enumerate(given) if part), len(given) - 1)
            return low, _after(given[: fixed + 1])
        case "~" | "~>" if given:
            return low, _after(given[:2])
        case _:
            return low, (_after(given) if given else None)


def _filled(given: list[int]) -> Version:
    padded = [*given, 0, 0, 0]
    return padded[0], padded[1], padded[2]


def _after(given: list[int]) -> Version:
    """The first version that no longer begins with these numbers: [20, 1] -> 20.2.0."""
    return _filled([*given[:-1], given[-1] + 1])


def _never() -> Version:
    return 1 << 60, 0, 0
