"""Single files of a tree that somebody else wrote, reached without ever leaving the tree.

A buildpack may leave `Procfile -> /etc/shadow` or `.profile.d -> ../../somewhere` behind: whatever slugc itself
reads or writes in a built tree goes through here. Links are resolved step by step, as if the tree were the root
of the file system (a link to /app/x means x: that is where the tree will stand).
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

APP = "/app"
HOPS = 40
"""Links followed before a path counts as a loop: the kernel's own number."""


def read(root: Path, path: str, *, limit: int = 1 << 20, at: str = APP) -> bytes | None:
    """At most `limit` bytes of a regular file, or None where there is none inside the tree. `at`: where the tree
    stands for those who made its absolute links."""
    try:
        with _opened(root, path, at) as fd:
            if fd is None or not stat.S_ISREG(os.fstat(fd).st_mode):
                return None
            parts: list[bytes] = []
            while limit > 0 and (data := os.read(fd, min(limit, 1 << 16))):
                parts.append(data)
                limit -= len(data)
            return b"".join(parts)
    except OSError:
        return None


def exists(root: Path, path: str) -> bool:
    """True for a regular file or folder inside the tree; a link that leads out is neither."""
    try:
        with _opened(root, path) as fd:
            return fd is not None
    except OSError:
        return False


def real_folder(root: Path, path: str) -> bool:
    """True where every part of `path` is a folder itself: no links and no `..`, so it may be mounted."""
    if ".." in path.split("/"):
        return False
    fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in _parts(path):
            inner = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=fd)
            os.close(fd)
            fd = inner
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(fd)


@contextlib.contextmanager
def _opened(root: Path, path: str, at: str = APP) -> Iterator[int | None]:
    """A descriptor for reading, or None where the path leads out, in a loop, or to a device or pipe."""
    stack = [os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)]
    try:
        yield _descend(stack, _parts(path), at)
    finally:
        for fd in stack:
            os.close(fd)


def _descend(stack: list[int], todo: list[str], at: str) -> int | None:
    hops = 0
    while todo:
        part = todo.pop(0)
        if part == "..":
            if len(stack) == 1:
                return None
            os.close(stack.pop())
            continue
        fd = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=stack[-1])
        mode = os.fstat(fd).st_mode
        if stat.S_ISLNK(mode):
            try:
                target = os.readlink("", dir_fd=fd)
            finally:
                os.close(fd)
            hops += 1
            if hops > HOPS:
                return None
            if target.startswith("/"):
                if target != at and not target.startswith(f"{at}/"):
                    return None
                target = target[len(at) :]
                while len(stack) > 1:
                    os.close(stack.pop())
            todo[:0] = _parts(target)
            continue
        stack.append(fd)
        if stat.S_ISREG(mode) and not todo:
            # An O_PATH descriptor cannot be read; opening it again through /proc follows no name.
            stack.append(os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
        elif not stat.S_ISDIR(mode):
            return None
    return stack[-1]


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]
