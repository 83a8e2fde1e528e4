"""Files made aside and renamed when they are whole; nameless scratch files; copies inside the kernel."""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from slugc.host.files import beside, sync_folder

_CHUNK = 1 << 20


@contextlib.contextmanager
def staged(path: Path, *, mode: int = 0o644) -> Iterator[int]:
    """A descriptor to write what shall stand at `path`: fsynced and renamed at the end, removed on any error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, aside = beside(path)
    try:
        try:
            yield fd
            os.fchmod(fd, mode)
            os.fsync(fd)
        finally:
            os.close(fd)
        aside.replace(path)
        sync_folder(path.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def unnamed(folder: Path) -> Iterator[int]:
    """A scratch file on the disk of `folder` that nobody else sees and that a crash cannot leave behind."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        fd = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}:
            raise
        fd, aside = beside(folder / "scratch")
        aside.unlink()
    try:
        yield fd
    finally:
        os.close(fd)


def copy_range(source: int, at: int, target: int, size: int) -> None:
    """Append `size` bytes of `source` from `at` to where `target` stands; without user memory where possible."""
    while size:
        try:
            done = os.copy_file_range(source, target, size, offset_src=at)
        except OSError as error:
            if error.errno not in {errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM}:
                raise
            done = _copy_once(source, at, target, size)
        if not done:
            raise OSError(errno.EIO, "The file is shorter than it was")
        at += done
        size -= done


def _copy_once(source: int, at: int, target: int, size: int) -> int:
    data = os.pread(source, min(size, _CHUNK), at)
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]
    return len(data)
