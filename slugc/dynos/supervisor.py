"""What may be asked of an app's dynos: a formation, a restart, a stop, a one-off dyno, the end of all.

Nothing is decided here: formation.py says which dynos come and go, state.py what each of them does next, and crew.py
does it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from slugc.dynos import formation, watches
from slugc.dynos import signals as s
from slugc.dynos.crew import Crew
from slugc.dynos.oneoff import oneoff_name
from slugc.dynos.ports import Ports
from slugc.dynos.settings import DynoSettings
from slugc.dynos.slots import Slot, Stdio
from slugc.dynos.state import Dyno, Kind
from slugc.dynos.world import Ground, Sink, Traffic
from slugc.errors.dyno import DynoNotFound
from slugc.host.clock import Clock
from slugc.model.dyno import (
    DEFAULT_SIZE,
    Bootable,
    DynoName,
    DynoSize,
    DynoState,
    DynoStatus,
    Formation,
    Quantity,
)
from slugc.model.process import ProcessType


@dataclass(frozen=True, slots=True)
class OneOff:
    """A one-off dyno that was started. `ended` gives its exit code (128 + N for signal N)."""

    name: DynoName
    ended: "asyncio.Future[int]"


class Supervisor:
    """Keeps one app's dynos as its formation and release want them, and runs its one-off dynos.

    Made and used inside one event loop, in a thread that lives as long as the dynos (the kernel ends them with
    it). `traffic` hears which web dynos serve; a process is told to end only when its requests are answered.
    """

    def __init__(
        self,
        app: str,
        *,
        ground: Ground,
        sink: Sink,
        clock: Clock,
        traffic: Traffic | None = None,
        settings: DynoSettings | None = None,
        ports: Ports | None = None,
    ) -> None:
        self._crew = Crew(
            app,
            ground=ground,
            sink=sink,
            clock=clock,
            settings=settings or DynoSettings(),
            ports=ports or Ports(),
            traffic=traffic,
        )
        self._slots, self._clock = self._crew.slots, clock
        self._release: Bootable | None = None
        self._formation: Formation = {}
        self._watching: list[asyncio.Task[None]] = []

    async def apply(self, wanted: Formation, release: Bootable, *, preboot: bool = False) -> None:
        """Make the app's dynos those of `wanted`, running `release`. Returns when everything has been set going;
        `until` waits for an outcome. Types that the release does not have are left out. A new release, or a new
        size, restarts the dynos it concerns: with `preboot` web dynos go on until their successors listen.
        """
        changed = self._release is not None and release != self._release
        before = self._formation
        self._release = release
        self._formation = {name: quantity for name, quantity in wanted.items() if release.process(name)}
        self._watch()
        for name, slot in list(self._slots.items()):
            quantity = self._formation.get(name.type)
            process = release.process(name.type)
            if slot.dyno.kind is Kind.ONEOFF or process is None or quantity is None or name.index > quantity.count:
                continue
            resized = slot.dyno.size != quantity.size
            # One that somebody stopped comes back with another scale.
            stopped = slot.dyno.state is DynoState.DOWN and quantity != before.get(name.type)
            slot.renew(release, process, _dyno(name, process, quantity.size, preboot=preboot))
            if (changed or resized or stopped) and slot.dyno.wanted:
                self._crew.feed(slot, s.Restart())
        for change in formation.changes(self._in_formation(), self._formation):
            match change:
                case formation.Start(name):
                    self._begin(name, release, preboot=preboot)
                case formation.Stop(name):
                    self._crew.feed(self._slots[name], s.Stop())
        self._crew.publish()

    async def restart(self, target: str | None = None) -> list[DynoName]:
        """Restart a dyno, a process type, or all of the formation; one-off dynos are left alone.

        Raises DynoNotFound."""
        names = self._named(target, self._in_formation())
        for name in names:
            self._crew.feed(self._slots[name], s.Restart())
        return names

    async def stop(self, target: str) -> list[DynoName]:
        """Stop a dyno or a process type. One of the formation stays down until a restart, a new release or
        another scale; a one-off dyno is over. Raises DynoNotFound."""
        names = self._named(target, self._slots)
        for name in names:
            slot = self._slots[name]
            self._crew.feed(slot, s.Stop(forget=slot.dyno.kind is Kind.ONEOFF))
        return names

    async def wake(self) -> bool:
        """Start what sleeps. False: nothing sleeps, and no web dyno is there or on its way."""
        for slot in self.web():
            self._crew.feed(slot, s.Wake())
        return any(slot.dyno.alive for slot in self.web())

    def run(
        self,
        release: Bootable,
        process: ProcessType,
        args: tuple[str, ...] = (),
        *,
        kind: str = "run",
        env: Mapping[str, str] | None = None,
        size: DynoSize = DEFAULT_SIZE,
        stdio: Stdio | None = None,
        terminal: bool = False,
    ) -> OneOff:
        """Start a one-off dyno, `run.4821` (kind: run, release, scheduler). Its output goes to the log, or to the
        descriptors of `stdio`, which the caller closes; `terminal` makes them its controlling terminal."""
        name = oneoff_name(kind)
        while name in self._slots:
            name = oneoff_name(kind)
        self._watch()
        words = " ".join((process.text, *args)).strip()
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._slots[name] = slot = Slot(
            dyno=Dyno(name=name, kind=Kind.ONEOFF, command=words, size=size),
            release=release,
            process=process,
            since=self._clock.now(),
            args=args,
            env=env or {},
            stdio=stdio,
            terminal=terminal,
            ended=ended,
        )
        self._crew.feed(slot, s.Begin())
        return OneOff(name, ended)

    def snapshot(self) -> tuple[DynoStatus, ...]:
        """What `slugc ps` lists, by type and number."""
        return tuple(self._slots[name].row() for name in sorted(self._slots))

    @property
    def names(self) -> Collection[DynoName]:
        """Of all dynos there are, one-off dynos included."""
        return self._slots.keys()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a change of some dyno makes `condition` true."""
        await self._crew.until(condition)

    def web(self) -> list[Slot]:
        return self._crew.web()

    async def web_is_up(self) -> None:
        """Wait until a web dyno listens. Raises BootTimedOut or CrashedAtBoot where one fails before that."""
        await self.until(lambda: any(slot.dyno.serving or slot.failure for slot in self.web()))
        if any(slot.dyno.serving for slot in self.web()):
            return
        for slot in self.web():
            if slot.failure:
                raise slot.failure

    async def shutdown(self) -> None:
        """Stop every dyno: SIGTERM at once, SIGKILL after the grace time. Nothing runs when it returns."""
        self._crew.leave()
        for slot in list(self._slots.values()):
            self._crew.feed(slot, s.Stop())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.until(lambda: not self._slots), self._crew.settings.grace + 5)
        self._crew.kill()
        await self._crew.gone()
        for watching in self._watching:
            watching.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)

    def kill(self) -> None:
        """End every dyno now (a second Ctrl-C)."""
        self._crew.kill()

    def _begin(self, name: DynoName, release: Bootable, *, preboot: bool) -> None:
        process = release.process(name.type)
        assert process is not None
        dyno = _dyno(name, process, self._formation.get(name.type, Quantity(count=1)).size, preboot=preboot)
        slot = self._slots.get(name)
        if slot is None:
            slot = Slot(dyno=dyno, release=release, process=process, since=self._clock.now())
            self._slots[name] = slot
        else:
            # Its last process is still on its way out.
            slot.renew(release, process, dyno)
        self._crew.feed(slot, s.Begin())

    def _in_formation(self) -> list[DynoName]:
        return [name for name, slot in self._slots.items() if slot.dyno.kind is not Kind.ONEOFF and slot.dyno.wanted]

    def _named(self, target: str | None, names: Iterable[DynoName]) -> list[DynoName]:
        found = sorted(names) if target is None else formation.named(target, names)
        if target is not None and not found:
            raise DynoNotFound(target=target, running=[str(name) for name in sorted(self._slots)])
        return found

    def _watch(self) -> None:
        if not self._watching:
            loop = asyncio.get_running_loop()
            looks = (watches.ports(self._crew), watches.memory(self._crew), watches.sleep(self._crew))
            self._watching = [loop.create_task(look) for look in looks]


def _dyno(name: DynoName, process: ProcessType, size: DynoSize, *, preboot: bool) -> Dyno:
    kind = Kind.WEB if name.type == "web" else Kind.WORKER
    return Dyno(name=name, kind=kind, command=process.text, size=size, preboot=preboot)
