"""uv.lock: which of its packages lie in the app itself."""

import tomllib
from pathlib import Path

# A `virtual` project is not installed, only what it depends on; a `path` is one file, pinned by its hash.
_FOLDERS = frozenset({"editable", "directory"})


def local(app: Path) -> tuple[str, ...]:
    """Names of the packages that are folders of the app: the project, the members of its workspace, path sources.

    Empty for a lock file that cannot be read: uv says what is wrong with it.
    """
    try:
        packages = tomllib.loads((app / "uv.lock").read_text(encoding="utf-8")).get("package", [])
    except (OSError, ValueError):
        return ()
    return tuple(
        str(package["name"])
        for package in packages
        if isinstance(package, dict) and "name" in package and _FOLDERS & set(package.get("source") or ())
    )
