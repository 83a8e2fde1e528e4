"""What does not enter a build: version control's litter, what .slugignore names, and what git ignores."""

import hashlib
import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from slugc.formats import slugignore
from slugc.host import inside
from slugc.host.trees import Skip

FILE = ".slugignore"
LITTER = frozenset({".git", ".hg", ".svn", ".bzr", "CVS", "_darcs", ".jj", ".gitmodules", ".DS_Store"})

RESULTS = (".slug", "release.json", ".tar.zst")
"""How the names of files end that may be earlier results."""
_ZSTD = b"\x28\xb5\x2f\xfd"
_RELEASE = re.compile(rb'\{\s*"schema":\s*\d+,\s*"app":\s*"[^"]*",\s*"version":\s*\d+,\s*"slug":\s*"[0-9a-f]{64}"')
_CACHE = (b"inputs\0", b"live\0", b"live/\0")
"""With one of these begins the archive that `slugc cache export` writes: the name of its first member."""
_HEAD = 512


@dataclass(slots=True)
class Ignoring:
    """`skip` decides, and counts what .slugignore and git left out: a person wants to know."""

    root: Path
    patterns: slugignore.SlugIgnore
    never: Collection[str] = ()
    by_git: Collection[str] = ()
    """Paths that git ignores; folders end in `/`. They never reach a push either: `.env`, `node_modules/`."""
    slugignored: int = 0
    gitignored: int = 0
    slugs: list[str] = field(default_factory=list)
    """Paths that were left out for what is in them: earlier results."""
    _matches: slugignore.Ignores | None = field(init=False)

    def __post_init__(self) -> None:
        self._matches = self.patterns.compiled()

    @classmethod
    def of(cls, root: Path, *, by_git: Collection[str] = (), never: Collection[str] = ()) -> "Ignoring":
        text = (inside.read(root, FILE) or b"").decode("utf-8", "replace")
        return cls(root=root, patterns=slugignore.parse(text), by_git=by_git, never=never)

    @property
    def skip(self) -> Skip:
        return self._skip

    def _skip(self, path: str) -> bool:
        name = path.removesuffix("/").rpartition("/")[2]
        if name in LITTER or path in self.never:
            return True
        if name.endswith(RESULTS) and is_result(self.root / path):
            self.slugs.append(path)
            return True
        if path in self.by_git:
            self.gitignored += 1
            return True
        if self._matches is not None and self._matches(_printable(path)):
            self.slugignored += 1
            return True
        return False

    def digest(self) -> str:
        """Equal digests: equal answers of `skip` for every path, except for what is in a file named like RESULTS."""
        rules = (self.patterns.patterns, sorted(self.by_git), sorted(self.never))
        return hashlib.sha256(repr(rules).encode()).hexdigest()

    def notes(self) -> tuple[str, ...]:
        notes = []
        if self.slugignored:
            notes.append(f"{_count(self.slugignored)} matching .slugignore left out")
        if self.gitignored:
            notes.append(f"{_count(self.gitignored)} that git ignores left out")
        return tuple(notes)


def is_result(path: Path) -> bool:
    """True for an earlier result, of a name as in RESULTS: `slugc build . -o app.slug` must not put each slug into the
    next one, nor a release manifest its config vars, nor an exported cache itself, into every slug that follows."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        head = os.read(fd, _HEAD)
        slug, release, _ = (path.name.endswith(name) for name in RESULTS)
        return bool(_RELEASE.match(head)) if release else head.startswith(_ZSTD) and (slug or _is_cache(fd))
    except OSError:
        return False
    finally:
        os.close(fd)


def _is_cache(fd: int) -> bool:
    import zstandard

    os.lseek(fd, 0, os.SEEK_SET)
    with open(fd, "rb", closefd=False) as file:
        try:
            return zstandard.ZstdDecompressor().stream_reader(file).read(_HEAD).startswith(_CACHE)
        except zstandard.ZstdError:
            return False


def _count(number: int) -> str:
    return "1 file or folder" if number == 1 else f"{number} files and folders"


def _printable(path: str) -> str:
    """pathspec wants text without surrogates."""
    return os.fsencode(path).decode("utf-8", "replace")
