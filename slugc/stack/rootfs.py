"""A root file system's tar, unpacked for a sandbox: everything is the runner's own, and nothing lands outside.

One uid and gid are mapped in a sandbox, so a file of any other owner would be nobody's inside and could not be
copied up by an overlay. Devices, sockets and set-uid bits are left out: the sandbox makes its own /dev, and
nobody inside may become somebody else.
"""

import contextlib
import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from slugc.errors.stack import StackArchiveUnusable
from slugc.host.files import remove_tree, sync_below, sync_folder

ZSTD = b"\x28\xb5\x2f\xfd"
CHUNK = 1 << 20
FILES = ("passwd", "group", "nsswitch.conf", "hosts", "resolv.conf")
"""Files of /etc that a sandbox covers with its own: a read-only root must have them as places to mount on."""
FOLDERS = ("var/tmp", "tmp", "app", "layers", "run", "proc", "dev", "sys")


def digest_of(archive: Path) -> str:
    """sha256 of the archive's bytes. Raises StackArchiveUnusable where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with archive.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise StackArchiveUnusable(path=archive, reason=error.strerror or str(error)) from None
    return digest.hexdigest()


def unpack(archive: Path, trees: Path) -> tuple[str, Path]:
    """Unpack a .tar (.gz, .xz, .bz2, .zst) into `trees`/DIGEST, once: (digest, folder).

    Raises StackArchiveUnusable for what is no root file system, or wants to write outside of it.
    """
    digest = digest_of(archive)
    target = trees / digest
    if target.is_dir():
        return digest, target
    staged = trees / f".{digest}.{os.getpid()}"
    remove_tree(staged)
    staged.mkdir(parents=True)
    try:
        with _opened(archive) as members:
            for member in members:
                _place(member, members, staged, archive)
        _complete(staged, archive)
        sync_below(staged)
        with contextlib.suppress(OSError):  # another process was faster: its tree is the same
            staged.rename(target)
        sync_folder(trees)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise StackArchiveUnusable(path=archive, reason=str(error)) from error
    finally:
        remove_tree(staged)
    return digest, target


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    with archive.open("rb") as file:
        if file.read(4) == ZSTD:
            import zstandard

            file.seek(0)
            with (
                zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as plain,
                tarfile.open(fileobj=plain, mode="r|") as members,
            ):
                yield members
        else:
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r|*") as members:
                yield members


def _place(member: tarfile.TarInfo, members: tarfile.TarFile, root: Path, archive: Path) -> None:
    parts = [part for part in PurePosixPath(member.name).parts if part not in {"/", "."}]
    if not parts:
        return
    if ".." in parts:
        raise StackArchiveUnusable(path=archive, reason=f"the member {member.name} leads out of it")
    path = root.joinpath(*parts)
    _require_inside(path.parent, root, archive, member.name)
    if member.isdir():
        if not path.is_symlink():
            path.mkdir(parents=True, exist_ok=True)
            path.chmod((member.mode & 0o777) | 0o700)
        return
    if not (member.isfile() or member.issym() or member.islnk()):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or path.is_file():
        path.unlink()
    if member.issym():
        path.symlink_to(member.linkname)
    elif member.islnk():
        source = root.joinpath(*[part for part in PurePosixPath(member.linkname).parts if part not in {"/", "."}])
        _require_inside(source.parent, root, archive, member.name)
        # The link itself, not what it points at: that may be a file of this machine.
        os.link(source, path, follow_symlinks=False)
    else:
        content = members.extractfile(member)
        assert content is not None
        _write(path, content, (member.mode & 0o777) | 0o400)
        os.utime(path, (member.mtime, member.mtime))


def _require_inside(folder: Path, root: Path, archive: Path, name: str) -> None:
    """A link may stand in the way (lib -> usr/lib), but it must stay within the root."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise StackArchiveUnusable(path=archive, reason=f"the member {name} would be written outside of it")


def _write(path: Path, content: IO[bytes], mode: int) -> None:
    with path.open("xb") as out:
        shutil.copyfileobj(content, out, CHUNK)
        os.fchmod(out.fileno(), mode)


def _complete(root: Path, archive: Path) -> None:
    """Make the places that a sandbox mounts on, and refuse a root in which nothing could start."""
    if not any((root / name).is_file() for name in ("bin/bash", "usr/bin/bash")):
        raise StackArchiveUnusable(path=archive, reason="there is no /bin/bash in it")
    for name in FOLDERS:
        if not (root / name).is_symlink():
            (root / name).mkdir(parents=True, exist_ok=True)
    etc = root / "etc"
    etc.mkdir(exist_ok=True)
    for name in FILES:
        # A link (resolv.conf into /run, often) leads nowhere inside; nothing can be mounted on it.
        if (etc / name).is_symlink():
            (etc / name).unlink()
        (etc / name).touch()
