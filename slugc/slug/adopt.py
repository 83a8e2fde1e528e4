"""Bring a finished build's own tree into the very state that unpacking its slug would give.

A build has the tree on disk already: a rename into the store costs nothing, unpacking costs half a second.
"""

import os
import stat
from dataclasses import dataclass

from slugc.host import staging
from slugc.slug import pyc
from slugc.slug.walk import OPEN_FOLDER, TOPS

_NOFOLLOW = os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Counted:
    """What was found: to be compared with the manifest."""

    files: int = 0
    size: int = 0


def normalise(root: int, mtime: int) -> Counted:
    """Give everything under app/ and layers/ of the open folder the slug's modes and times. Sockets, pipes and
    devices are removed; names that share an inode with others get a file of their own; .pyc headers follow
    their sources; files of other users become the caller's where the caller may do that. Raises OSError.
    """
    counted = Counted()
    for top in TOPS:
        try:
            folder = os.open(top, OPEN_FOLDER, dir_fd=root)
        except FileNotFoundError:
            continue
        _Normaliser(mtime, counted).folder(folder, top, None)
        os.utime(top, (mtime, mtime), dir_fd=root, follow_symlinks=False)
    return counted


class _Normaliser:
    def __init__(self, mtime: int, counted: Counted) -> None:
        self._mtime = mtime
        self._counted = counted
        self._times = (mtime * 1_000_000_000, mtime * 1_000_000_000)
        self._uid = os.geteuid()

    def folder(self, folder: int, path: bytes, above: pyc.Known | None) -> None:
        """Everything in the open folder, then the folder itself; closes it. `above`: what pyc.Sources says of it."""
        try:
            with os.scandir(folder) as listing:
                items = [(os.fsencode(item.name), item.stat(follow_symlinks=False)) for item in listing]
            sources = pyc.Sources.among(items, above)
            # Folders first: what lies in __pycache__ is compared with the times that sources still have here.
            for name, facts in sorted(items, key=lambda item: not stat.S_ISDIR(item[1].st_mode)):
                member = path + b"/" + name
                if stat.S_ISDIR(facts.st_mode):
                    self.folder(os.open(name, OPEN_FOLDER, dir_fd=folder), member, sources.within(name))
                elif not self._kept(folder, name, member, facts, sources):
                    continue
                os.utime(name, ns=self._times, dir_fd=folder, follow_symlinks=False)
            os.fchmod(folder, 0o755)
            self._own(folder)
        finally:
            os.close(folder)

    def _kept(self, folder: int, name: bytes, path: bytes, facts: os.stat_result, sources: pyc.Sources) -> bool:
        """Whether what is no folder may stay; if so, it is as it should be."""
        mode = facts.st_mode
        if stat.S_ISREG(mode):
            self._counted.files += 1
            self._counted.size += facts.st_size
            self._file(folder, name, path, facts, sources)
        elif stat.S_ISLNK(mode):
            self._counted.files += 1
            if facts.st_uid != self._uid == 0:
                os.chown(name, 0, os.getegid(), dir_fd=folder, follow_symlinks=False)
        else:
            os.unlink(name, dir_fd=folder)
            return False
        return True

    def _file(self, folder: int, name: bytes, path: bytes, facts: os.stat_result, sources: pyc.Sources) -> None:
        wanted = 0o755 if facts.st_mode & 0o100 else 0o644
        bytecode = name.endswith(pyc.COMPILED)
        if facts.st_nlink > 1:
            self._separate(folder, name, facts.st_size)
        elif stat.S_IMODE(facts.st_mode) == wanted and facts.st_uid == self._uid and not bytecode:
            return
        fd = os.open(name, (os.O_RDWR if bytecode else os.O_RDONLY) | _NOFOLLOW, dir_fd=folder)
        try:
            os.fchmod(fd, wanted)
            self._own(fd)
            if bytecode:
                head = os.pread(fd, pyc.HEADER, 0)
                time = pyc.remembered_time(head, path=path, source=sources.of(name), mtime=self._mtime)
                if time is not None:
                    os.pwrite(fd, time.to_bytes(4, "little"), 8)
        finally:
            os.close(fd)

    def _separate(self, folder: int, name: bytes, size: int) -> None:
        """Replace a name that shares its inode, perhaps with a cache outside the tree, by a copy."""
        aside = b".slugc-copy"
        source = os.open(name, os.O_RDONLY | _NOFOLLOW, dir_fd=folder)
        try:
            target = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o600, dir_fd=folder)
            try:
                staging.copy_range(source, 0, target, size)
            finally:
                os.close(target)
        finally:
            os.close(source)
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)

    def _own(self, fd: int) -> None:
        if self._uid == 0 and os.fstat(fd).st_uid != 0:
            os.fchown(fd, 0, os.getegid())
