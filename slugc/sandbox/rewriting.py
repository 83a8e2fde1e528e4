"""Paths inside turned into paths outside, for an engine that cannot mount. Pure text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BEFORE = r"(?<![\w./@%+~-])"
"""A path begins here: after nothing, a space, a quote, `=`, `:` - never in the middle of a URL or a name."""
_AFTER = r"(?![\w.@%+~-])"


@dataclass(frozen=True, slots=True)
class PathTable:
    """(inside, outside) pairs, longest inside first."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, table: Mapping[str, str]) -> "PathTable":
        useful = [(inside, outside) for inside, outside in table.items() if inside != outside]
        return cls(tuple(sorted(useful, key=lambda pair: -len(pair[0]))))

    def path(self, path: str) -> str:
        for inside, outside in self.pairs:
            if path == inside or path.startswith(inside + "/"):
                return outside + path[len(inside) :]
        return path

    def value(self, value: str) -> str:
        """An environment value: a path, or a list of paths between colons. Anything else is data, and stays."""
        return ":".join(self.path(part) for part in value.split(":"))

    def word(self, word: str) -> str:
        """A word of a command, shell text included: every path that begins with an inside."""
        if not self.pairs:
            return word
        known = dict(self.pairs)
        pattern = _BEFORE + "(" + "|".join(re.escape(inside) for inside, _ in self.pairs) + ")" + _AFTER
        return re.sub(pattern, lambda match: known[match[1]], word)

    def words(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.word(word) for word in words)
