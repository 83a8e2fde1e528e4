"""A stack's many small files below /etc as one folder, for those who start many children on it.

The engine pays for each mount, and more for each the more there are: those of /etc cost a dyno more than all the
rest of its start. Small folders are copied, too. Large ones, and what changes while a platform runs, stay mounts of
their own for a single app (on Debian: certificates, alternatives, the resolver's file), for copying them takes longer
than it saves; Kept copies them as well. Never copied is what others may not read.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from slugc.model.mount import Mount, MountKind, read_only

ETC = "/etc"
LIVE = frozenset({"/etc/resolv.conf"})
"""Changes while a platform runs, when the machine moves to another network."""

SMALL = 64
"""Members of a folder that is copied for a single app."""
LARGE = 4096
"""Members of a folder that is copied for a platform: 60 ms once, on a disk, for 0.4 ms less at each start of a dyno."""


def gather(mounts: Sequence[Mount], folder: Path, *, kept: bool = False) -> tuple[Mount, ...]:
    """`mounts` with the files below /etc copied into the empty `folder`, which is then /etc itself.

    kept: large folders, and what changes, too. Nothing changes where the stack has an /etc of its own, or something
    is written there.
    """
    below = [mount for mount in mounts if mount.target.startswith(f"{ETC}/")]
    copied = (MountKind.READ_ONLY, MountKind.DATA, MountKind.LINK)
    if any(mount.target == ETC for mount in mounts) or any(mount.kind not in copied for mount in below):
        return tuple(mounts)
    folder.chmod(0o755)
    still = [mount for mount in below if not _copied(mount, folder / mount.target.removeprefix(f"{ETC}/"), kept)]
    return (*(mount for mount in mounts if mount not in below), read_only(folder, ETC), *still)


class Kept:
    """What `gather` gives, large folders included, for as long as a platform runs: what changes is copied anew."""

    def __init__(self, mounts: Sequence[Mount], folder: Path) -> None:
        """`folder` is empty; a folder is made in it for each state that /etc has had, since dynos stand on it.

        Copies at once, so that the first child need not wait; where that fails, `mounts` tries again and says so."""
        self._all, self._folder = tuple(mounts), folder
        self._copies = 0
        self._watched: list[str] = []
        self._seen: list[object] = []
        self._mounts: tuple[Mount, ...] = ()
        with contextlib.suppress(OSError):
            self._copy()

    def mounts(self) -> tuple[Mount, ...]:
        """The mounts for a child that starts now. Raises OSError."""
        if not self._mounts or self._seen != [_state(path) for path in self._watched]:
            self._copy()
        return self._mounts

    def _copy(self) -> None:
        self._copies += 1
        place = self._folder / str(self._copies)
        place.mkdir()
        # Looked at before it is copied: what changes meanwhile is seen the next time.
        watched = _changeable(self._all)
        seen: list[object] = [_state(path) for path in watched]
        self._mounts = gather(self._all, place, kept=True)
        self._watched, self._seen = watched, seen


def _changeable(mounts: Sequence[Mount]) -> list[str]:
    """Files and folders that show by their times when something of /etc was changed that was once a mount."""
    found: list[str] = []
    for mount in mounts:
        if mount.target in LIVE:
            found.append(str(mount.source))
        elif mount.target.startswith(f"{ETC}/") and mount.source and mount.source.is_dir():
            found += [] if _copyable(mount.source, SMALL) else [here for here, _, _ in os.walk(mount.source)]
    return found


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - at each start of a dyno
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _copied(mount: Mount, place: Path, kept: bool) -> bool:
    """Copy a mount, or make the place where it is still to be mounted."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if mount.kind is MountKind.LINK:
        place.symlink_to(mount.data.decode("utf-8", "surrogateescape"))
    elif mount.source is None:
        place.write_bytes(mount.data)
    elif mount.source.is_dir():
        if place.exists() or not _copyable(mount.source, LARGE if kept else SMALL):
            place.mkdir(exist_ok=True)
            return False
        shutil.copytree(mount.source, place, symlinks=True)
    else:
        shutil.copyfile(mount.source, place)
        return kept or mount.target not in LIVE
    return True


def _copyable(folder: Path, most: int) -> bool:
    """Whether a copy is cheap, shows nothing that was closed to others, and stands for all that is there."""
    seen = 0
    for here, folders, files in os.walk(folder):
        seen += len(folders) + len(files)
        if seen > most:
            return False
        for name in (*folders, *files):
            mode = (Path(here) / name).lstat().st_mode
            if stat.S_ISREG(mode) and not mode & stat.S_IROTH:
                return False
            if stat.S_ISDIR(mode) and not (mode & stat.S_IROTH and mode & stat.S_IXOTH):
                return False
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode) and not stat.S_ISLNK(mode):
                return False
    return True
