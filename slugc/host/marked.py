"""Is a tree what its marks say? The question of every build that finds nothing to do."""

import contextlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from slugc.host.forks import forked, processors
from slugc.host.trees import Skip
from slugc.model.marks import Marks

PARALLEL_FILES = 4000
"""Below so many members one process is done before others are started."""
PARTS = 4
"""Pieces for each processor: so that one which others use does not hold up the rest for long."""
KEEPING = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "overlay", "f2fs", "zfs", "bcachefs"})
"""File systems that give a folder a new time whenever a name in it comes or goes. Network and foreign ones may not."""
_MOUNTS = Path("/proc/self/mountinfo")


def as_marked(root: Path, marks: Marks, *, skip: Skip | None = None) -> bool:
    """True where the tree has exactly the members of `marks`, each with its mark. False says nothing: a difference,
    or a file system that cannot tell it so.

    A folder whose times are as they were has the names it had, so only the top folder, which has no mark, is listed:
    half the system calls of a walk. `skip` must be the one that left out what `marks` left out.
    """
    if not _keeps_times(root, _MOUNTS):
        return False
    names, columns = marks.names(), marks.numbers()
    if not _same_top(root, names, skip):
        return False
    top = os.fspath(root)
    workers = processors() if len(names) >= PARALLEL_FILES else 1
    if workers == 1:
        return _same(top, names, columns, 0, len(names))
    step = -(-len(names) // (workers * PARTS))

    def make(_worker: int) -> Callable[[int], bool]:
        # A worker's own current folder: a path that begins there is looked up a fifth sooner.
        os.chdir(top)
        return lambda at: _same("", names, columns, at, at + step)

    with contextlib.closing(forked(make, range(0, len(names), step), workers=workers)) as done:
        return all(same for _, same in done)


def _same(top: str, names: Sequence[str], columns: "Sequence[memoryview[int]]", begin: int, end: int) -> bool:
    """One tight loop, without values in between. ctime first: it alone cannot be set back."""
    prefix = f"{top}/" if top else ""
    parts = (column[begin:end].tolist() for column in columns)
    try:
        for name, mode, size, mtime, ctime, inode in zip(names[begin:end], *parts, strict=True):
            info = os.lstat(prefix + name)
            if (
                ctime != info.st_ctime_ns
                or mtime != info.st_mtime_ns
                or size != info.st_size
                or mode != info.st_mode
                or inode != info.st_ino
            ):
                return False
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _same_top(root: Path, names: Sequence[str], skip: Skip | None) -> bool:
    with os.scandir(root) as items:
        here = {
            item.name
            for item in items
            if skip is None or not skip(item.name + "/" if item.is_dir(follow_symlinks=False) else item.name)
        }
    return here == {name for name in names if "/" not in name}


def _keeps_times(root: Path, mounts: Path) -> bool:
    """Whether the folder, and whatever is mounted below it, lies on file systems of KEEPING."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    top = f"{os.path.realpath(root).rstrip('/')}/"
    under, around, below = "", "", set[str]()
    for line in lines:
        # "36 35 98:0 /root /mount/point options [optional ...] - type source super-options"
        first, _, second = line.partition(" - ")
        place = f"{_plain(first.split(' ')[4]).rstrip('/')}/"
        kind = second.partition(" ")[0]
        if place.startswith(top) and place != top:
            below.add(kind)
        elif top.startswith(place) and len(place) >= len(under):
            under, around = place, kind
    return {around, *below} <= KEEPING


def _plain(text: str) -> str:
    """mountinfo writes blanks, tabs, line ends and backslashes as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
