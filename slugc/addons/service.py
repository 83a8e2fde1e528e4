"""A service that slugc runs: what one of its servers needs, as values. Pure; servers.py acts on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

DATA = "/data"
"""The add-on's own folder as its server sees it."""
SOCKETS = f"{DATA}/socket"

Which = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of making a server's data folder. `stdin` may hold a password; `argv` never does."""

    what: str
    argv: tuple[str, ...]
    stdin: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a server is reached. Kept with the add-on for its whole life, so that its address never changes."""

    port: int
    user: str
    password: str
    database: str


class Service(Protocol):
    name: str
    attachment: str
    """The default attachment: its config var is that name and `_URL`."""
    program: str
    """As `ps` shows the server's first process."""
    package: str
    """The Debian package that has it."""
    refuses_root: bool

    def folders(self) -> tuple[Path, ...]:
        """Where Debian puts the programs beside PATH, best first."""
        ...

    def files(self, access: Access) -> Mapping[str, str]:
        """Files of the data folder to write (0600) before the steps; those ending in `.once` are removed after."""
        ...

    def steps(self, access: Access, bin_folder: Path) -> tuple[Step, ...]: ...

    def argv(self, access: Access, bin_folder: Path) -> tuple[str, ...]: ...

    def url(self, access: Access) -> str: ...

    def greeting(self, access: Access) -> bytes:
        """What to say on a fresh connection; the answer tells whether the server takes requests."""
        ...

    def ready(self, answer: bytes) -> bool: ...

    stop_signal: str
    """The signal for a clean and quick end."""
