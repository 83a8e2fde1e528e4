"""What does not enter a build: version control's litter, what .slugignore names, and what git ignores."""

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from slugc.formats import slugignore
from slugc.host import inside
from slugc.host.trees import Skip

FILE = ".slugignore"
LITTER = frozenset({".git", ".hg", ".svn", ".bzr", "CVS", "_darcs", ".jj", ".gitmodules", ".DS_Store"})


@dataclass(slots=True)
class Ignoring:
    """`skip` decides, and counts what .slugignore and git left out: a person wants to know."""

    patterns: slugignore.SlugIgnore
    by_git: Collection[str] = ()
    """Paths that git ignores; folders end in `/`. They never reach a push either: `.env`, `node_modules/`."""
    slugignored: int = 0
    gitignored: int = 0
    _matches: slugignore.Ignores | None = field(init=False)

    def __post_init__(self) -> None:
        self._matches = self.patterns.compiled()

    @classmethod
    def of(cls, root: Path, *, by_git: Collection[str] = ()) -> "Ignoring":
        text = (inside.read(root, FILE) or b"").decode("utf-8", "replace")
        return cls(patterns=slugignore.parse(text), by_git=by_git)

    @property
    def skip(self) -> Skip:
        return self._skip

    def _skip(self, path: str) -> bool:
        name = path.removesuffix("/").rpartition("/")[2]
        if name in LITTER:
            return True
        if path in self.by_git:
            self.gitignored += 1
            return True
        if self._matches is not None and self._matches(_printable(path)):
            self.slugignored += 1
            return True
        return False

    def notes(self) -> tuple[str, ...]:
        notes = []
        if self.slugignored:
            notes.append(f"{_count(self.slugignored)} matching .slugignore left out")
        if self.gitignored:
            notes.append(f"{_count(self.gitignored)} that git ignores left out")
        return tuple(notes)


def _count(number: int) -> str:
    return "1 file or folder" if number == 1 else f"{number} files and folders"


def _printable(path: str) -> str:
    """pathspec wants text without surrogates."""
    return os.fsencode(path).decode("utf-8", "replace")
