"""Open folders below a root, one component at a time and never through a link."""

import contextlib
import os

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folders:
    """A stack of open folders: neighbours in a sorted list share most of their path, so that nearly every
    file costs no more than its own open. `making` makes folders that are missing (0755)."""

    def __init__(self, root: int, *, making: bool = False) -> None:
        self._root = root
        self._making = making
        self._names: list[bytes] = []
        self._fds: list[int] = []
        self._last = b""
        self.made: list[bytes] = []
        """The folders that had to be made, in that order."""

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
            os.close(self._fds.pop())
            self._names.pop()
        self._last = b""
        for name in names[shared:]:
            self._enter(name)
        self._last = path
        return self._fds[-1] if self._fds else self._root

    def close(self) -> None:
        while self._fds:
            os.close(self._fds.pop())
        self._names.clear()
        self._last = b""

    def _enter(self, name: bytes) -> None:
        above = self._fds[-1] if self._fds else self._root
        try:
            fd = os.open(name, _FLAGS, dir_fd=above)
        except FileNotFoundError:
            if not self._making:
                raise
            # Another worker may make the same folder at this moment.
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o755, dir_fd=above)
                self.made.append(b"/".join((*self._names, name)))
            fd = os.open(name, _FLAGS, dir_fd=above)
        self._fds.append(fd)
        self._names.append(name)
