"""One place in an app's formation (or one one-off dyno) with the live processes it has now."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from slugc.dynos import signals as s
from slugc.dynos.running import Running
from slugc.dynos.state import Dyno, Kind
from slugc.errors.root import DynoError
from slugc.model.dyno import Bootable, DynoPlan, DynoStatus
from slugc.model.process import ProcessType

Stdio = tuple[int, int, int]


@dataclass(slots=True, kw_only=True)
class Slot:
    """Mutable, and known to the supervisor alone."""

    dyno: Dyno
    release: Bootable
    process: ProcessType
    since: datetime
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    """A one-off dyno's own variables, over the release's."""
    stdio: Stdio | None = None
    terminal: bool = False
    runs: dict[int, Running] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    """The release that each run was started from."""
    timers: dict[tuple[s.Timer, int], asyncio.TimerHandle] = field(default_factory=dict)
    status: int = 0
    """Of the last process that ended."""
    timed_out: bool = False
    failure: DynoError | None = None
    """Why the latest boot failed."""
    ended: "asyncio.Future[int] | None" = None

    def plan(self, port: int | None) -> DynoPlan:
        return DynoPlan(
            name=self.dyno.name,
            process=self.process,
            args=self.args,
            tree=self.release.tree,
            env={**self.release.env, **self.env},
            port=port,
            size=self.dyno.size,
        )

    def renew(self, release: Bootable, process: ProcessType, dyno: Dyno) -> None:
        """Take what the next process will be started from."""
        self.release, self.process = release, process
        self.dyno = replace(self.dyno, size=dyno.size, preboot=dyno.preboot, command=dyno.command)

    def drop_timers(self, run: int | None = None) -> None:
        """Cancel those of one incarnation, or all."""
        for key in [key for key in self.timers if run in (None, key[1])]:
            self.timers.pop(key).cancel()

    def row(self) -> DynoStatus:
        current = self.runs.get(self.dyno.run) if self.dyno.alive else None
        return DynoStatus(
            name=str(self.dyno.name),
            type=self.dyno.name.type,
            state=self.dyno.state,
            size=self.dyno.size.name,
            command=self.dyno.command,
            release=self.versions.get(self.dyno.run, self.release.version),
            since=self.since,
            port=current.port if current and self.dyno.kind is Kind.WEB else None,
            pid=current.pid if current else None,
        )
