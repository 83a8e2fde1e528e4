"""The file system: atomic writes, scratch folders, and removal that a hostile tree cannot stop."""

import contextlib
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from slugc.errors.usage import FileNotWritten

YOUNG_SECONDS = 60
_SCRATCH = re.compile("[a-z]+-[0-9a-f]{16}")


def beside(path: Path) -> tuple[int, Path]:
    """A new file (0600) in the folder of `path`, open to read and write, whose name begins with a dot and the name
    of `path`. tempfile does the same, and takes 4 ms to load."""
    aside = path.with_name(f".{path.name[:50]}.{_unguessable()}")
    return os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600), aside


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write beside the target, fsync, rename: a reader sees the old bytes or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, aside = beside(path)
    try:
        with os.fdopen(fd, "wb") as staged:
            staged.write(data)
            staged.flush()
            os.fchmod(staged.fileno(), mode)
            os.fsync(staged.fileno())
        aside.replace(path)
        sync_folder(path.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def named_by_user(path: Path) -> Iterator[None]:
    """For what is written at `path`, which a user named: a refusal is about that place, and about no file of slugc's.

    Raises FileNotWritten."""
    try:
        yield
    except OSError as error:
        raise FileNotWritten(path=path, reason=error.strerror or str(error)) from error


def refused(path: Path) -> str | None:
    """Why no file can be written at `path`, as far as can be told without trying; folders above it may be made."""
    if path.is_dir():
        return "It is a folder"
    above = next(folder for folder in path.absolute().parents if os.path.lexists(folder))
    if not above.is_dir():
        return f"{above} is no folder"
    return None if os.access(above, os.W_OK | os.X_OK) else f"This user may not write to {above}"


def expanded(text: str) -> Path:
    """`text` as a path, with `~` and `~user` for homes; of a user who does not exist it is a name like any other."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_below(folder: Path) -> None:
    """Make everything that was written below `folder` survive a power cut: for trees that are kept and believed
    without a look. By one call for the whole file system; an fsync of each of their files would take minutes."""
    import ctypes

    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(fd) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(folder))
    finally:
        os.close(fd)


@contextlib.contextmanager
def scratch(parent: Path, prefix: str) -> Iterator[Path]:
    """A private folder (0700), removed at the end whatever was left in it. It is locked meanwhile, so that `sweep`
    tells it from what a killed process left."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f"{prefix}-{_unguessable()}"
    folder.mkdir(mode=0o700)
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield folder
    finally:
        remove_tree(folder)
        os.close(lock)


def discard(path: Path, trash: Path) -> None:
    """Move it to the trash under a name of its own; nothing where it is gone already. Deleting a big tree at once
    would slow the making of files for minutes (ext4)."""
    trash.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.rename(trash / f"{path.name[:80]}-{_unguessable()}")


def sweep(parent: Path, *, now: float) -> list[Path]:
    """Remove scratch folders whose processes were killed; what was removed. `now` in seconds of the wall clock: a
    folder younger than a minute may only just be made, and not locked yet."""
    removed = []
    for folder in parent.iterdir() if parent.is_dir() else ():
        if not _SCRATCH.fullmatch(folder.name):
            continue
        with contextlib.suppress(OSError):
            if now - folder.stat().st_mtime > YOUNG_SECONDS and _abandoned(folder):
                remove_tree(folder)
                removed.append(folder)
    return removed


def _unguessable() -> str:
    return os.urandom(8).hex()


def _abandoned(folder: Path) -> bool:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


def remove_tree(path: Path) -> None:
    """Remove a tree, folders of mode 000 included (an overlay's work folder is left so). Never follows links."""
    if not os.path.lexists(path):
        return
    import shutil

    def unlock(_function: object, name: str, _error: object) -> None:
        for item in (os.path.dirname(name), name):  # noqa: PTH120 - names from rmtree are strings
            with contextlib.suppress(OSError):
                if stat.S_ISDIR(os.lstat(item).st_mode):
                    os.chmod(item, 0o700)  # noqa: PTH101
        with contextlib.suppress(OSError):
            if stat.S_ISDIR(os.lstat(name).st_mode):
                shutil.rmtree(name, ignore_errors=True)
            else:
                os.unlink(name)  # noqa: PTH108

    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, onerror=unlock)
