"""Languages that this user has installed outside /usr: what the last of the runtime sources can copy from."""

import re
from collections.abc import Mapping
from pathlib import Path

_VERSION = re.compile(r"(?:cpython-)?3\.\d+\.\d+(?:-linux-.*-gnu)?")


def installed(environ: Mapping[str, str]) -> dict[str, tuple[Path, ...]]:
    """Prefixes by built-in buildpack, found by their folder names: nothing of them is run here.

    pyenv and uv name the folder of a Python by its exact version.
    """
    home = Path(environ.get("HOME") or "/nonexistent")
    roots = (
        Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions",
        Path(environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python"),
    )
    found = [path for root in roots for path in _pythons(root)]
    return {"python": tuple(found)} if found else {}


def _pythons(root: Path) -> list[Path]:
    try:
        return [
            path
            for path in sorted(root.iterdir())
            if _VERSION.fullmatch(path.name) and not path.is_symlink() and (path / "bin" / "python3").exists()
        ]
    except OSError:  # not there, or somebody else's: `sudo -u` and setpriv keep the caller's PYENV_ROOT
        return []
