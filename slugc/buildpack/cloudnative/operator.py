"""The operator's own environment files: `$CNB_BUILD_CONFIG_DIR/env` (platform.md, "Build Config")."""

from collections.abc import Mapping
from pathlib import Path

from slugc.errors.source import ConfigVarInvalid

VARIABLE = "CNB_BUILD_CONFIG_DIR"


def build_config(environ: Mapping[str, str]) -> dict[str, str]:
    """Env files by name; empty where the caller has named no folder. Links are followed: the folder is the
    operator's, not a buildpack's. Raises ConfigVarInvalid."""
    named = environ.get(VARIABLE)
    folder = Path(named) / "env" if named else None
    if folder is None or not folder.is_dir():
        return {}
    files = (item for item in sorted(folder.iterdir()) if item.is_file())
    found = {item.name: item.read_bytes().decode("utf-8", "surrogateescape") for item in files}
    for name, value in found.items():
        if "\0" in value:
            reason = f"The value in {folder / name} holds a NUL byte."
            raise ConfigVarInvalid(name=name, reason=reason)
    return found
