"""A stack's many small files below /etc as one folder, for those who start many children on it.

The engine pays for each mount, and more for each the more there are: those of /etc cost a dyno more than all the
rest of its start. Small folders are copied too. Large ones stay mounts of their own, for copying certificates and
alternatives takes longer than it saves; so do those which hold what others may not read.
"""

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
"""Members of a folder that is copied; on Debian it leaves certificates and alternatives."""


def gather(mounts: Sequence[Mount], folder: Path) -> tuple[Mount, ...]:
    """`mounts` with the files below /etc copied into the empty `folder`, which is then /etc itself.

    Nothing changes where the stack has an /etc of its own, or something is written there.
    """
    below = [mount for mount in mounts if mount.target.startswith(f"{ETC}/")]
    copied = (MountKind.READ_ONLY, MountKind.DATA, MountKind.LINK)
    if any(mount.target == ETC for mount in mounts) or any(mount.kind not in copied for mount in below):
        return tuple(mounts)
    folder.chmod(0o755)
    still = [mount for mount in below if not _copied(mount, folder / mount.target.removeprefix(f"{ETC}/"))]
    return (*(mount for mount in mounts if mount not in below), read_only(folder, ETC), *still)


def _copied(mount: Mount, place: Path) -> bool:
    """Copy a mount, or make the place where it is still to be mounted."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if mount.kind is MountKind.LINK:
        place.symlink_to(mount.data.decode("utf-8", "surrogateescape"))
    elif mount.source is None:
        place.write_bytes(mount.data)
    elif mount.source.is_dir():
        if place.exists() or not _small_and_open(mount.source):
            place.mkdir(exist_ok=True)
            return False
        shutil.copytree(mount.source, place, symlinks=True)
    else:
        shutil.copyfile(mount.source, place)
        return mount.target not in LIVE
    return True


def _small_and_open(folder: Path) -> bool:
    """Whether a copy is cheap, shows nothing that was closed to others, and stands for all that is there."""
    seen = 0
    for here, folders, files in os.walk(folder):
        seen += len(folders) + len(files)
        if seen > SMALL:
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
