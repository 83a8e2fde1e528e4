"""ENV_DIR: one file per config var. Values are data; which ones were read is remembered for the fingerprint."""

import re
from collections.abc import Mapping
from pathlib import Path

from slugc_buildpack.facts import ALL

DENIED = frozenset(
    {
        # They would replace the tools of the build itself.
        *("PATH", "GIT_DIR", "CPATH", "CPPATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "LIBRARY_PATH"),
        *("IFS", "ENV", "BASH_ENV", "SHELLOPTS", "PS4"),
        *("HOME", "BUILD_DIR", "CACHE_DIR", "ENV_DIR", "STACK"),
        *("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV"),
    }
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class ConfigVars:
    """The config vars of the build, read lazily."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._reads: set[str] = set()

    @property
    def reads(self) -> tuple[str, ...]:
        """The names asked for so far, absent ones too: setting one later must run the build again."""
        return (ALL,) if ALL in self._reads else tuple(sorted(self._reads))

    def get(self, name: str, default: str = "") -> str:
        self._reads.add(name)
        return self._value(name, default)

    def select(self, *names: str) -> dict[str, str]:
        """Those of `names` that are set."""
        self._reads.update(names)
        return {name: self._value(name, "") for name in names if name in self._present()}

    def for_child(self, environ: Mapping[str, str]) -> dict[str, str]:
        """`environ` with every config var over it, harmful ones left out: for hooks and the app's own code."""
        self._reads.add(ALL)
        allowed = [name for name in self._present() if name not in DENIED and not name.startswith("SLUGC_")]
        return {**environ, **{name: self._value(name, "") for name in allowed}}

    def _present(self) -> list[str]:
        if self._folder is None or not self._folder.is_dir():
            return []
        return sorted(p.name for p in self._folder.iterdir() if _NAME.fullmatch(p.name) and p.is_file())

    def _value(self, name: str, default: str) -> str:
        if self._folder is None or not _NAME.fullmatch(name):
            return default
        try:
            return (self._folder / name).read_bytes().decode("utf-8", "surrogateescape")
        except (FileNotFoundError, IsADirectoryError):
            return default
