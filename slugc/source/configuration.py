"""The files of a source that slugc itself reads, looked at before anything is built."""

import os
import stat
from pathlib import Path

from slugc.errors.source import ConfigurationInvalid
from slugc.host import inside

FILES = ("project.toml", ".buildpacks", "app.json", ".slugignore", "Procfile")


def check(root: Path) -> None:
    """Refuse what has such a name and cannot be read, for it would have no effect, and nobody would be told.

    Raises ConfigurationInvalid.
    """
    for name in FILES:
        reason = _reason(root, name)
        if reason is not None:
            raise ConfigurationInvalid(file=name, line=0, reason=reason)


def _reason(root: Path, name: str) -> str | None:
    try:
        mode = os.lstat(root / name).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(mode) and inside.read(root, name, limit=1) is None:
        return f"It is a link to {(root / name).readlink()}, where the app has no file."
    if stat.S_ISDIR(mode):
        return "It is a folder."
    return None if stat.S_ISREG(mode) or stat.S_ISLNK(mode) else "It is neither a file nor a link to one."
