"""Walk a finished build's tree, never through a link: what is in it, as values."""

import os
import stat
from typing import NamedTuple

from slugc.errors.slug import TreeNotPackable
from slugc.slug import headers

TOPS = (b"app", b"layers")
"""What a slug holds. Anything else beside them in the build's folder is not part of the slug."""
MAX_DEPTH = 256
"""Folders inside folders; each one open costs a file descriptor while it is walked."""
MAX_PATH = 3072
"""PATH_MAX is 4096; the slug is unpacked somewhere below the store's own path."""
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
    link: bytes
    mtime: int
    """The source file's own time, in seconds, cut to 32 bits: how a .pyc file knows its source."""


class LeftOut(NamedTuple):
    """Something that cannot live in a slug."""

    path: bytes
    what: str


OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def walk(root: int) -> tuple[list[Entry], list[LeftOut]]:
    """Everything under app/ and layers/ of the folder open at `root`, in no particular order.

    A hard link counts as a file of its own: whether two names share an inode depends on what the installer
    could do on that disk, and the slug's bytes must not. Raises TreeNotPackable.
    """
    entries: list[Entry] = []
    left_out: list[LeftOut] = []
    for top in TOPS:
        try:
            folder = os.open(top, OPEN_FOLDER, dir_fd=root)
        except FileNotFoundError:
            if top == TOPS[0]:
                raise TreeNotPackable(member=top, reason="The build's folder has no app/") from None
            continue
        except OSError as error:
            raise TreeNotPackable(member=top, reason=_reason(error)) from None
        entries.append(Entry(top, headers.FOLDER, 0o755, 0, b"", 0))
        _descend(folder, top, 1, entries, left_out)
    return entries, left_out


def _descend(folder: int, path: bytes, depth: int, entries: list[Entry], left_out: list[LeftOut]) -> None:
    """Add what the open folder holds, then close it."""
    if depth > MAX_DEPTH:
        os.close(folder)
        raise TreeNotPackable(member=path, reason=f"Folders are nested deeper than {MAX_DEPTH}")
    subfolders: list[tuple[bytes, bytes]] = []
    try:
        with os.scandir(folder) as listing:
            for item in listing:
                name = os.fsencode(item.name)
                member = path + b"/" + name
                entry = _entry(folder, name, member, item.stat(follow_symlinks=False))
                if isinstance(entry, LeftOut):
                    left_out.append(entry)
                    continue
                entries.append(entry)
                if entry.kind == headers.FOLDER:
                    subfolders.append((name, member))
        for name, member in subfolders:
            try:
                inner = os.open(name, OPEN_FOLDER, dir_fd=folder)
            except OSError as error:
                raise TreeNotPackable(member=member, reason=_reason(error)) from None
            _descend(inner, member, depth + 1, entries, left_out)
    except OSError as error:
        raise TreeNotPackable(member=path, reason=_reason(error)) from None
    finally:
        os.close(folder)


def _entry(folder: int, name: bytes, member: bytes, facts: os.stat_result) -> Entry | LeftOut:
    if len(member) > MAX_PATH:
        raise TreeNotPackable(member=member[:80] + b"...", reason=f"Its path has more than {MAX_PATH} bytes")
    mode = facts.st_mode
    mtime = int(facts.st_mtime) & 0xFFFFFFFF
    if stat.S_ISREG(mode):
        return Entry(member, headers.FILE, 0o755 if mode & 0o100 else 0o644, facts.st_size, b"", mtime)
    if stat.S_ISDIR(mode):
        return Entry(member, headers.FOLDER, 0o755, 0, b"", mtime)
    if stat.S_ISLNK(mode):
        return Entry(member, headers.LINK, 0o777, 0, os.readlink(name, dir_fd=folder), mtime)
    return LeftOut(member, _KINDS.get(stat.S_IFMT(mode), "of an unknown kind"))


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
