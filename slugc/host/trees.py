"""Whole trees: walked, copied and hashed without ever following a link.

The tree must be quiet meanwhile: sources are the user's own, and a build's children are dead before slugc looks
at what they left. Single files of a tree that a buildpack wrote are read through host.inside.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from slugc.host.forks import forked, processors

FICLONE = 0x40049409
"""ioctl of linux/fs.h: share the blocks of another file (btrfs, XFS, overlay of them)."""
BLOCK = 1 << 20
PARALLEL_BYTES, PARALLEL_FILES = 32 << 20, 4000
"""Below this much to read one process is done before others are started."""
BATCH = 256


class Entry(NamedTuple):
    """One member of a tree; `path` is relative (surrogates where a name is not UTF-8)."""

    path: str
    mode: int
    """st_mode: type and permissions."""
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @property
    def mark(self) -> tuple[int, int, int, int, int]:
        """Equal marks: the same file, unchanged. ctime cannot be set back, so a faked mtime hides no write."""
        return (self.mode, self.size, self.mtime_ns, self.ctime_ns, self.inode)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


Skip = Callable[[str], bool]
"""Says whether to leave a path out; a folder's path ends in `/`, and a folder left out is not entered."""


def walk(root: Path, *, skip: Skip | None = None, opening: bool = False) -> Iterator[Entry]:
    """Every member below `root`, folders before their contents, links as links, in no promised order. `opening`:
    what its owner may not read (a folder: nor enter and change) is made so first, `root` too; for trees of children.
    Raises OSError where a folder cannot be read."""
    top = os.fspath(root)
    if opening:
        _open_up(top, os.stat(top))  # noqa: PTH116 - hot loop over strings
    stack = [""]
    while stack:
        prefix = stack.pop()
        with os.scandir(f"{top}/{prefix}") as items:
            for item in items:
                path = prefix + item.name
                info = item.stat(follow_symlinks=False)
                is_folder = stat.S_ISDIR(info.st_mode)
                if skip is not None and skip(path + "/" if is_folder else path):
                    continue
                if opening:
                    info = _open_up(f"{top}/{path}", info)
                yield Entry(path, info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
                if is_folder:
                    stack.append(path + "/")


def _open_up(path: str, info: os.stat_result) -> os.stat_result:
    """What a folder or file is once its owner has its rights on it; of a link nothing is changed."""
    wanted = stat.S_IRWXU if stat.S_ISDIR(info.st_mode) else stat.S_IRUSR if stat.S_ISREG(info.st_mode) else 0
    if info.st_mode & wanted == wanted:
        return info
    os.chmod(path, stat.S_IMODE(info.st_mode) | wanted)  # noqa: PTH101 - hot loop over strings
    return os.lstat(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    files: int
    size: int
    left_out: tuple[str, ...]
    """Sockets, devices and pipes: paths that were not copied."""
    digest: str = ""
    """The digest of the copy, where it was asked for."""


def copy(
    source: Path, target: Path, *, skip: Skip | None = None, mtime: int | None = None, digesting: bool = False
) -> Copied:
    """Copy a tree into the folder `target`, which must not exist or be empty: links as links, modes normalised to
    0755 or 0644, every file a copy of its own (blocks shared where the file system can). Never a hard link: what
    writes to the copy must not reach the original. Files get `mtime` (seconds), or keep theirs. `digesting`
    computes the copy's digest on the way. Raises OSError."""
    target.mkdir(parents=True, exist_ok=True)
    files = size = 0
    entries: list[Entry] = []
    contents: dict[str, str] = {}
    left_out: list[str] = []
    for entry in walk(source, skip=skip):
        here, there = f"{source}/{entry.path}", f"{target}/{entry.path}"
        if entry.is_folder:
            os.mkdir(there, 0o755)  # noqa: PTH102 - hot loop over strings
        elif entry.is_link:
            os.symlink(os.readlink(here), there)  # noqa: PTH115, PTH211
        elif entry.is_file:
            times = (mtime * 10**9, mtime * 10**9) if mtime is not None else (entry.mtime_ns, entry.mtime_ns)
            digest = hashlib.sha256() if digesting else None
            size += copy_file(here, there, mode=0o755 if entry.mode & 0o100 else 0o644, times=times, digest=digest)
            if digest is not None:
                contents[entry.path] = digest.hexdigest()
            files += 1
        else:
            left_out.append(entry.path)
            continue
        if digesting:
            entries.append(entry)
    whole = combine(target, entries, contents) if digesting else ""
    return Copied(files=files, size=size, left_out=tuple(sorted(left_out)), digest=whole)


def copy_file(
    source: str,
    target: str,
    *,
    mode: int,
    times: tuple[int, int] | None = None,
    digest: "hashlib._Hash | None" = None,
) -> int:
    """Copy one regular file into a new one; bytes copied. A link at either end is refused (OSError). What is
    copied also goes through `digest`."""
    with (
        _opened(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK) as inp,
        _opened(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode) as out,
    ):
        info = os.fstat(inp)
        if not stat.S_ISREG(info.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", source)
        if digest is not None:
            size = _pour_through(inp, out, digest)
        else:
            size = info.st_size
            if size and not _cloned(inp, out):
                _pour(inp, out)
        os.fchmod(out, mode)
        if times is not None:
            os.utime(out, ns=times)
        return size


def _pour_through(inp: int, out: int, digest: "hashlib._Hash") -> int:
    """Read once for both: a source is mostly small files, of which opening costs more than copying."""
    size = 0
    while data := os.read(inp, BLOCK):
        digest.update(data)
        size += len(data)
        _write_all(out, data)
    return size


def _cloned(inp: int, out: int) -> bool:
    try:
        fcntl.ioctl(out, FICLONE, inp)
    except OSError:
        return False
    return True


def _pour(inp: int, out: int) -> None:
    try:
        while os.copy_file_range(inp, out, 1 << 30):
            pass
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}:
            raise
    else:
        return
    while data := os.read(inp, BLOCK):
        _write_all(out, data)


def _write_all(out: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(out, view) :]


@contextlib.contextmanager
def _opened(path: str, flags: int, mode: int = 0o600) -> Iterator[int]:
    fd = os.open(path, flags | os.O_CLOEXEC, mode)
    try:
        yield fd
    finally:
        os.close(fd)


def hash_file(path: str) -> str:
    """sha256 of a regular file's content, in hex. A link is refused (OSError)."""
    digest = hashlib.sha256()
    with _opened(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK) as fd:
        while data := os.read(fd, BLOCK):
            digest.update(data)
    return digest.hexdigest()


def hash_files(root: Path, paths: Sequence[str], *, size: int) -> list[str]:
    """sha256 of each file, in the order asked. `size` is their content together: where there is much to read, all
    processors share the work."""
    names = [f"{root}/{path}" for path in paths]
    workers = processors()
    if workers == 1 or (size < PARALLEL_BYTES and len(names) < PARALLEL_FILES):
        return [hash_file(name) for name in names]
    parts = [names[at : at + BATCH] for at in range(0, len(names), BATCH)]

    def make(_worker: int) -> Callable[[int], list[str]]:
        return lambda number: [hash_file(name) for name in parts[number]]

    found: dict[int, list[str]] = {}
    with contextlib.closing(forked(make, range(len(parts)), workers=workers)) as done:
        found.update(done)
    return [digest for number in range(len(parts)) for digest in found[number]]


def digest(root: Path, entries: Iterable[Entry] | None = None) -> str:
    """sha256 of a tree: names, types, the owner's execute bit, link targets and contents. Times, owners and other
    mode bits do not count; sockets and devices neither. The line of each member, sorted by name's bytes:
    `d|x|f|l` NUL name NUL (sha256 of the content, or the link's target) NUL."""
    listed = list(walk(root) if entries is None else entries)
    files = [entry for entry in listed if entry.is_file]
    contents = hash_files(root, [entry.path for entry in files], size=sum(entry.size for entry in files))
    return combine(root, listed, dict(zip((entry.path for entry in files), contents, strict=True)))


def combine(root: Path, entries: Iterable[Entry], contents: dict[str, str]) -> str:
    """The digest of a tree whose files' own digests are known already."""
    lines: list[tuple[bytes, bytes]] = []
    for entry in entries:
        name = os.fsencode(entry.path)
        if entry.is_folder:
            lines.append((name, b"d\0%b\0\0" % name))
        elif entry.is_link:
            target = os.fsencode(os.readlink(f"{root}/{entry.path}"))  # noqa: PTH115 - hot loop over strings
            lines.append((name, b"l\0%b\0%b\0" % (name, target)))
        elif entry.is_file:
            kind = b"x" if entry.mode & 0o100 else b"f"
            lines.append((name, b"%b\0%b\0%b\0" % (kind, name, contents[entry.path].encode())))
    lines.sort()
    whole = hashlib.sha256()
    for _, line in lines:
        whole.update(line)
    return whole.hexdigest()
