"""Archives that somebody else made, unpacked as data: nothing lands outside the target, whatever the names say."""

import bz2
import gzip
import lzma
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

LIMIT = 16 << 30
MEMBERS = 2_000_000
MAGIC = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zst"}


class ArchiveProblem(Exception):
    """Facts of a refused archive; the caller turns them into an error with a hint."""

    def __init__(self, *, member: str, reason: str) -> None:
        super().__init__(f"{member}: {reason}" if member else reason)
        self.member, self.reason = member, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    left_out: tuple[str, ...]
    """Devices and pipes: paths that were not made."""
    comment: str = ""
    """The archive's own comment: `git archive` writes the commit there."""


def compression(path: Path) -> str | None:
    """`gz`, `bz2`, `xz`, `zst`, `tar`, or None where the file is no archive that unpack_tar reads."""
    with path.open("rb") as file:
        head = file.read(512)
    for magic, name in MAGIC.items():
        if head.startswith(magic):
            return name
    return "tar" if head[257:262] == b"ustar" else None


def unpack_tar(
    archive: Path, target: Path, *, limit: int = LIMIT, rename: Callable[[str], str | None] | None = None
) -> Unpacked:
    """Unpack a tar archive (plain, gz, bz2, xz, zst) into the new folder `target`.

    Links are made last, so no member is ever written through one; hard links become copies; owners and
    mode bits other than the owner's execute bit are dropped. `rename` gives a member another name, or None to leave
    it out.

    Raises ArchiveProblem for absolute names, `..`, a file where a folder stands, more than `limit` bytes, or bytes
    that are no archive; OSError for the disk.
    """
    target.mkdir(parents=True, exist_ok=False)
    links: dict[str, str] = {}
    left_out: list[str] = []
    comment = ""
    try:
        with _decompressed(archive) as stream, tarfile.open(fileobj=stream, mode="r|", errorlevel=2) as tar:
            for count, member in enumerate(tar):
                if count >= MEMBERS:
                    raise ArchiveProblem(member=member.name, reason=f"more than {MEMBERS} members")
                if rename is not None and not _renamed(member, rename):
                    continue
                limit -= member.size if member.isreg() else 0
                if limit < 0:
                    raise ArchiveProblem(member=member.name, reason="unpacks to more than the size limit")
                _place(tar, member, target, links, left_out)
            comment = str(tar.pax_headers.get("comment", ""))
    except (
        tarfile.TarError,
        EOFError,
        lzma.LZMAError,
        zlib.error,
        UnicodeError,
        ValueError,
        gzip.BadGzipFile,
    ) as error:
        raise ArchiveProblem(member="", reason=f"not a readable archive: {error}") from error
    for name, text in links.items():
        _link(target, name, text)
    return Unpacked(left_out=tuple(left_out), comment=comment)


def _renamed(member: tarfile.TarInfo, rename: Callable[[str], str | None]) -> bool:
    name = rename(member.name)
    target = rename(member.linkname) if member.islnk() else member.linkname
    if name is None or target is None:
        return False
    member.name, member.linkname = name, target
    return True


def single_folder(root: Path) -> Path:
    """Where the content begins: archives of a repository hold one folder with everything in it."""
    items = list(root.iterdir())
    if len(items) == 1 and items[0].is_dir() and not items[0].is_symlink():
        return items[0]
    return root


def _place(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, links: dict[str, str], out: list[str]) -> None:
    name = _clean(member.name)
    if not name:
        return
    place = target / name
    if member.isdir():
        _folders(target, name, member.name)
    elif member.issym():
        links[name] = member.linkname
    elif member.isreg():
        links.pop(name, None)
        source = tar.extractfile(member)
        assert source is not None
        _write(target, name, member, source)
    elif member.islnk():
        origin = _clean(member.linkname)
        if origin in links:
            links[name] = links[origin]
        elif not (target / origin).is_file():
            raise ArchiveProblem(member=member.name, reason=f"a hard link to {member.linkname}, which is not there")
        else:
            from slugc.host.trees import copy_file

            _folders(target, str(Path(name).parent), member.name)
            place.unlink(missing_ok=True)
            executable = (target / origin).stat().st_mode & 0o100
            copy_file(str(target / origin), str(place), mode=0o755 if executable else 0o644)
    else:
        out.append(name)


def _clean(name: str) -> str:
    """The member's path without `.` parts; absolute ones and those with `..` are refused."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if name.startswith("/") or ".." in parts or "\0" in name:
        raise ArchiveProblem(member=name, reason="the name leads out of the archive")
    return "/".join(parts)


def _folders(target: Path, name: str, shown: str) -> None:
    try:
        (target / name).mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ArchiveProblem(member=shown, reason="a folder is wanted where a file stands") from error


def _write(target: Path, name: str, member: tarfile.TarInfo, source: IO[bytes]) -> None:
    _folders(target, str(Path(name).parent), member.name)
    place = target / name
    if place.is_dir():
        raise ArchiveProblem(member=member.name, reason="a file is wanted where a folder stands")
    place.unlink(missing_ok=True)
    mode = 0o755 if member.mode & 0o100 else 0o644
    fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(fd, "wb") as out:
        while data := source.read(1 << 20):
            out.write(data)
        out.flush()
        os.fchmod(fd, mode)
        with suppress(OverflowError):  # a time that no clock will show: the file keeps today's
            os.utime(fd, (member.mtime, member.mtime))


def _link(target: Path, name: str, text: str) -> None:
    place = target / name
    _folders(target, str(Path(name).parent), name)
    with suppress(FileNotFoundError):
        if place.is_dir() and not place.is_symlink():
            raise ArchiveProblem(member=name, reason="a link is wanted where a folder stands")
        place.unlink()
    # A parent that is a link by now would take this one out of the tree.
    if place.parent.resolve() != (target.resolve() / name).parent:
        raise ArchiveProblem(member=name, reason="its folder is a link")
    place.symlink_to(text)


@contextmanager
def _decompressed(archive: Path) -> Iterator[IO[bytes]]:
    kind = compression(archive)
    if kind is None:
        raise ArchiveProblem(member="", reason="not a tar archive (plain, gzip, bzip2, xz or zstd)")
    with archive.open("rb") as raw:
        match kind:
            case "gz":
                yield cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
            case "bz2":
                yield bz2.BZ2File(raw)
            case "xz":
                with lzma.open(raw) as stream:
                    yield cast("IO[bytes]", stream)
            case "zst":
                yield from _zstd(raw)
            case _:
                yield raw


def _zstd(raw: IO[bytes]) -> Iterator[IO[bytes]]:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
            yield stream
    except zstandard.ZstdError as error:
        raise ArchiveProblem(member="", reason=f"not a readable archive: {error}") from error
