"""Open folders below a root, one component at a time and never through a link."""

import contextlib
import os

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folders:
    """A stack of open folders: neighbours in a sorted list share most of their path, so that nearly every
    file costs no more than its own open."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._names: list[bytes] = []
        self._fds: list[int] = []
        self._last = b""

    def of(self, path: bytes) -> int:
        """The descriptor of the folder at `path` (relative, no dots; empty: the root itself).

        Raises OSError (ELOOP or ENOTDIR) where a component is a link or a file.
        """
        if path == self._last and self._fds:
            return self._fds[-1]
        names = path.split(b"/") if path else []
        shared = 0
        for mine, wanted in zip(self._names, names, strict=False):
            if mine != wanted:
                break
            shared += 1
        while len(self._fds) > shared:
            self._leave(self._fds.pop())
            self._names.pop()
        self._last = b""
        for name in names[shared:]:
            self._fds.append(self._enter(name, self._fds[-1] if self._fds else self._root))
            self._names.append(name)
        self._last = path
        return self._fds[-1] if self._fds else self._root

    def close(self) -> None:
        """Leave them all. The stack may be used again."""
        while self._fds:
            self._leave(self._fds.pop())
        self._names.clear()
        self._last = b""

    def _enter(self, name: bytes, above: int) -> int:
        return os.open(name, _FLAGS, dir_fd=above)

    def _leave(self, fd: int) -> None:
        os.close(fd)


class NewFolders(Folders):
    """The same for a tree that is being made: a folder that is missing is made (0755), and gets the tree's time when
    it is left. Whoever puts something into a folder leaves it later, so the last to touch it sets its time."""

    def __init__(self, root: int, *, time: int) -> None:
        """`time` in nanoseconds."""
        super().__init__(root)
        self._time = time

    def _enter(self, name: bytes, above: int) -> int:
        # Made unasked: nearly all are missing, and to be told so costs as much as the making. What stands there
        # already, another worker's folder or no folder at all, the opening tells.
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=above)
        return super()._enter(name, above)

    def _leave(self, fd: int) -> None:
        os.utime(fd, ns=(self._time, self._time))
        super()._leave(fd)
