"""Walk a finished build's tree, never through a link: what is in it, as values."""

import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from slugc.errors.slug import TreeNotPackable
from slugc.slug import headers, pyc

TOPS = (b"app", b"layers")
"""What a slug holds. Anything else beside them in the build's folder is not part of the slug."""
MAX_DEPTH = 256
"""Folders inside folders; each one open costs a file descriptor while it is walked."""
MAX_PATH = 3072
"""PATH_MAX is 4096; the slug is unpacked somewhere below the store's own path."""
NAME_MAX = 255
"""Bytes of one name: Linux knows none longer."""
_KINDS = {
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFBLK: "a block device",
    stat.S_IFCHR: "a character device",
}


class Entry(NamedTuple):
    """One member to be. A NamedTuple, since a tree has tens of thousands of them."""

    path: bytes
    """Relative to the tree's root: `app/Procfile`."""
    kind: bytes
    """FILE, FOLDER or LINK of headers.py."""
    mode: int
    """0755 or 0644 for files by the owner's x bit, 0755 for folders, 0777 for links: as git keeps them."""
    size: int
    link: bytes = b""
    source: bytes | None = None
    """Of a .pyc file: pyc.Sources.of it."""


class LeftOut(NamedTuple):
    """Something that cannot live in a slug."""

    path: bytes
    what: str


OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def walk(root: int) -> Iterator[Entry | LeftOut]:
    """Everything under app/ and layers/ of the folder open at `root`, sorted by the bytes of the paths.

    Sorted as it goes, so that the first can be packed while the rest is still being found. A hard link counts as a
    file of its own: whether two names share an inode depends on what the installer could do on that disk, and the
    slug's bytes must not. Raises TreeNotPackable.
    """
    for top in TOPS:
        try:
            folder = os.open(top, OPEN_FOLDER, dir_fd=root)
        except FileNotFoundError:
            if top == TOPS[0]:
                raise TreeNotPackable(member=top, reason="The build's folder has no app/") from None
            continue
        except OSError as error:
            raise TreeNotPackable(member=top, reason=_reason(error)) from None
        yield Entry(top, headers.FOLDER, 0o755, 0)
        yield from _below(folder, top)


class _Open(NamedTuple):
    """A folder whose members are being told."""

    folder: int
    path: bytes
    steps: Iterator[tuple[bytes, Entry | LeftOut | None]]
    """Names with what they are; a name that ends in a slash, with nothing: go into that folder."""
    sources: pyc.Sources


def _below(folder: int, path: bytes) -> Iterator[Entry | LeftOut]:
    """What the open folder holds, at any depth; closes it."""
    stack = [_opened(folder, path, None)]
    try:
        while stack:
            here = stack[-1]
            for name, member in here.steps:
                if member is not None:
                    yield member
                    continue
                stack.append(_enter(here, name[:-1], depth=len(stack)))
                break
            else:
                os.close(stack.pop().folder)
    finally:
        for left in stack:
            os.close(left.folder)


def _enter(above: _Open, name: bytes, *, depth: int) -> _Open:
    path = above.path + b"/" + name
    if depth >= MAX_DEPTH:
        raise TreeNotPackable(member=path, reason=f"Folders are nested deeper than {MAX_DEPTH}")
    try:
        folder = os.open(name, OPEN_FOLDER, dir_fd=above.folder)
    except OSError as error:
        raise TreeNotPackable(member=path, reason=_reason(error)) from None
    return _opened(folder, path, above.sources.within(name))


def _opened(folder: int, path: bytes, above: pyc.Known | None) -> _Open:
    """The folder's own members, sorted; closes it if it cannot be read.

    What is in a folder sorts as if the folder's name ended in a slash: `a`, `a.txt`, `a/b`. One tight loop: the time
    of a whole walk is spent here.
    """
    prefix = path + b"/"
    steps: list[tuple[bytes, Entry | LeftOut | None]] = []
    files: list[tuple[bytes, os.stat_result]] = []
    try:
        with os.scandir(folder) as listing:
            for item in listing:
                name = os.fsencode(item.name)
                if item.is_dir(follow_symlinks=False):
                    steps.append((name, Entry(prefix + name, headers.FOLDER, 0o755, 0)))
                    steps.append((name + b"/", None))
                    continue
                facts = item.stat(follow_symlinks=False)
                if stat.S_ISREG(facts.st_mode):
                    files.append((name, facts))
                else:
                    steps.append((name, _no_file(folder, name, prefix + name, facts.st_mode)))
        _bounded(prefix, [*steps, *files])
        sources = pyc.Sources.among(files, above)
        for name, facts in files:
            source = sources.of(name) if name.endswith(pyc.COMPILED) else None
            mode = 0o755 if facts.st_mode & 0o100 else 0o644
            steps.append((name, Entry(prefix + name, headers.FILE, mode, facts.st_size, b"", source)))
    except OSError as error:
        os.close(folder)
        raise TreeNotPackable(member=path, reason=_reason(error)) from None
    except TreeNotPackable:
        os.close(folder)
        raise
    # No two names are equal, so what stands beside them is never compared.
    steps.sort()
    return _Open(folder, path, iter(steps), sources)


def _bounded(prefix: bytes, named: Sequence[tuple[bytes, object]]) -> None:
    if len(prefix) + NAME_MAX <= MAX_PATH:
        return
    for name, _ in named:
        if len(prefix) + len(name) > MAX_PATH:
            raise TreeNotPackable(member=prefix[:80] + b"...", reason=f"Its path has more than {MAX_PATH} bytes")


def _no_file(folder: int, name: bytes, path: bytes, mode: int) -> Entry | LeftOut:
    if stat.S_ISLNK(mode):
        return Entry(path, headers.LINK, 0o777, 0, os.readlink(name, dir_fd=folder))
    return LeftOut(path, _KINDS.get(stat.S_IFMT(mode), "of an unknown kind"))


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
