"""What the user named: a folder, a commit of a git repository, or a tarball."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slugc.errors.source import SourceNotFound
from slugc.host import archives
from slugc.host.files import expanded


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    kind: Literal["folder", "git", "tarball"]
    path: Path
    """Absolute; links in it are resolved, so that one app has one cache however it is reached."""
    reference: str = ""
    """git: what stands after `#`: a commit, branch or tag."""
    text: str
    """As the user wrote it."""
    never: frozenset[str] = frozenset()
    """Paths in a folder that are slugc's own (folders end in `/`): the state folder, the slug to be written."""


def locate(text: str, *, cwd: Path | None = None, own: Sequence[Path] = ()) -> Place:
    """Read `.`, `./repo#main` or `app.tar.gz`. A name that exists wins over the reading with `#`. `own`: files
    and folders of slugc itself, which are no source even where they lie in it.

    Raises SourceNotFound.
    """
    if not text:  # an unset variable in a script; Path reads it as the current folder
        raise SourceNotFound(source="''", reason="the name is empty")
    named = _absolute(text, cwd)
    if named.is_dir():
        folder = named.resolve()
        return Place(kind="folder", path=folder, text=text, never=_within(folder, own))
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


def _within(folder: Path, own: Sequence[Path]) -> frozenset[str]:
    """Both spellings, for what does not exist yet may become a file or a folder."""
    places = [path.absolute().parent.resolve() / path.name for path in own]
    names = [str(place.relative_to(folder)) for place in places if folder in place.parents]
    return frozenset(spelling for name in names for spelling in (name, f"{name}/"))


def _absolute(text: str, cwd: Path | None) -> Path:
    path = expanded(text)
    return path if path.is_absolute() or cwd is None else cwd / path
