"""What the user named: a folder, a commit of a git repository, or a tarball."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slugc.errors.source import SourceNotFound
from slugc.host import archives


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    kind: Literal["folder", "git", "tarball"]
    path: Path
    """Absolute; links in it are resolved, so that one app has one cache however it is reached."""
    reference: str = ""
    """git: what stands after `#`: a commit, branch or tag."""
    text: str
    """As the user wrote it."""


def locate(text: str, *, cwd: Path | None = None) -> Place:
    """Read `.`, `./repo#main` or `app.tar.gz`. A name that exists wins over the reading with `#`.

    Raises SourceNotFound.
    """
    named = _absolute(text, cwd)
    if named.is_dir():
        return Place(kind="folder", path=named.resolve(), text=text)
    if named.is_file():
        if archives.compression(named) is None:
            raise SourceNotFound(
                source=text, reason="it is a file, but not a tar archive (plain, gzip, bzip2, xz, zstd)"
            )
        return Place(kind="tarball", path=named.resolve(), text=text)
    before, hash_sign, reference = text.rpartition("#")
    repository = _absolute(before or ".", cwd)
    if hash_sign and reference and repository.is_dir():
        return Place(kind="git", path=repository.resolve(), reference=reference, text=text)
    raise SourceNotFound(source=text)


def _absolute(text: str, cwd: Path | None) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() or cwd is None else cwd / path
