"""One-off dynos that hang on somebody's terminal: children of a command, not of the platform, and listed here for
as long as that command keeps its connection."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Collection
from dataclasses import dataclass

from slugc.dynos import formation
from slugc.dynos.oneoff import oneoff_name
from slugc.dynos.world import PLATFORM, Sink
from slugc.host.clock import Clock
from slugc.model.dyno import DynoName, DynoSize, DynoState, DynoStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """What its command said of it."""

    command: str
    size: DynoSize
    release: int
    pid: int
    """The command that holds it, which hands SIGTERM on."""


class Attached:
    """Of one app. `leaving` is set when the platform goes: the dynos stay, for they are not its own."""

    def __init__(self, *, log: Sink, clock: Clock, taken: Callable[[], Collection[DynoName]]) -> None:
        self.leaving = asyncio.Event()
        self._log, self._clock, self._taken = log, clock, taken
        self._rows: dict[DynoName, DynoStatus] = {}

    def enter(self, guest: Guest) -> DynoName:
        """Its name from now on, `run.4821`."""
        name = oneoff_name()
        while name in self._rows or name in self._taken():
            name = oneoff_name()
        self._rows[name] = DynoStatus(
            name=str(name),
            type=name.type,
            state=DynoState.UP,
            size=guest.size.name,
            command=guest.command,
            release=guest.release,
            since=self._clock.now(),
            pid=guest.pid,
        )
        self._say(name, f"Starting process with command `{guest.command}`")
        self._say(name, "State changed from starting to up")
        return name

    def ended(self, name: DynoName, status: int) -> None:
        """Its command saw its end."""
        if name in self._rows:
            self._say(name, f"Process exited with status {status}")

    def leave(self, name: DynoName) -> None:
        if self._rows.pop(name, None) is not None:
            self._say(name, "State changed from up to complete")

    def stop(self, target: str) -> list[DynoName]:
        """SIGTERM to those that `run` or `run.4821` means, by way of their commands; their names."""
        names = formation.named(target, self._rows)
        for name in names:
            pid = self._rows[name].pid
            assert pid is not None
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)
        return names

    def rows(self) -> tuple[DynoStatus, ...]:
        return tuple(self._rows.values())

    def _say(self, name: DynoName, text: str) -> None:
        self._log.event(PLATFORM, str(name), text)
