"""The dynos of one app on the event loop. It decides nothing: state.py and formation.py say what to do."""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from slugc.dynos import formation, watches
from slugc.dynos import signals as s
from slugc.dynos.oneoff import oneoff_name
from slugc.dynos.ports import Ports
from slugc.dynos.running import Running
from slugc.dynos.settings import DynoSettings
from slugc.dynos.slots import Slot, Stdio
from slugc.dynos.state import Dyno, Kind, advance, app_state
from slugc.dynos.world import Ground, Placed, Sink, Traffic
from slugc.errors.dyno import BootTimedOut, CrashedAtBoot, DynoNotFound
from slugc.errors.root import SlugcError
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

PLATFORM = "heroku"
APP = "app"
GIVE_BACK = 0.1
"""Seconds from a dyno's end to the removal of its control groups."""


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
        self.app, self.settings, self.traffic, self.clock = app, settings or DynoSettings(), traffic, clock
        self.slots: dict[DynoName, Slot] = {}
        self._ground, self._sink, self._ports = ground, sink, ports or Ports()
        self._release: Bootable | None = None
        self._formation: Formation = {}
        self._inbox: deque[tuple[Slot, s.Signal]] = deque()
        self._busy = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: list[asyncio.Task[None]] = []
        self._telling: set[asyncio.Task[None]] = set()
        self._closing = False

    # What others ask of it

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
        for name, slot in list(self.slots.items()):
            quantity = self._formation.get(name.type)
            process = release.process(name.type)
            if slot.dyno.kind is Kind.ONEOFF or process is None or quantity is None or name.index > quantity.count:
                continue
            resized = slot.dyno.size != quantity.size
            # One that somebody stopped comes back with another scale.
            stopped = slot.dyno.state is DynoState.DOWN and quantity != before.get(name.type)
            slot.renew(release, process, _dyno(name, process, quantity.size, preboot=preboot))
            if (changed or resized or stopped) and slot.dyno.wanted:
                self.feed(slot, s.Restart())
        for change in formation.changes(self._in_formation(), self._formation):
            match change:
                case formation.Start(name):
                    self._begin(name, release, preboot=preboot)
                case formation.Stop(name):
                    self.feed(self.slots[name], s.Stop())
        self._publish()

    async def restart(self, target: str | None = None) -> list[DynoName]:
        """Restart a dyno, a process type, or all of the formation; one-off dynos are left alone.

        Raises DynoNotFound."""
        names = self._named(target, self._in_formation())
        for name in names:
            self.feed(self.slots[name], s.Restart())
        return names

    async def stop(self, target: str) -> list[DynoName]:
        """Stop a dyno or a process type. One of the formation stays down until a restart, a new release or
        another scale; a one-off dyno is over. Raises DynoNotFound."""
        names = self._named(target, self.slots)
        for name in names:
            slot = self.slots[name]
            self.feed(slot, s.Stop(forget=slot.dyno.kind is Kind.ONEOFF))
        return names

    async def wake(self) -> bool:
        """Start what sleeps. False: nothing sleeps, and no web dyno is there or on its way."""
        for slot in self.web():
            self.feed(slot, s.Wake())
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
        while name in self.slots:
            name = oneoff_name(kind)
        self._watch()
        words = " ".join((process.text, *args)).strip()
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.slots[name] = slot = Slot(
            dyno=Dyno(name=name, kind=Kind.ONEOFF, command=words, size=size),
            release=release,
            process=process,
            since=self.clock.now(),
            args=args,
            env=env or {},
            stdio=stdio,
            terminal=terminal,
            ended=ended,
        )
        self.feed(slot, s.Begin())
        return OneOff(name, ended)

    def snapshot(self) -> tuple[DynoStatus, ...]:
        """What `slugc ps` lists, by type and number."""
        return tuple(self.slots[name].row() for name in sorted(self.slots))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a change of some dyno makes `condition` true."""
        while not condition():
            change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(change)
            try:
                await change
            finally:
                self._waiting.discard(change)

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
        self._closing = True
        for slot in list(self.slots.values()):
            self.feed(slot, s.Stop())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.until(lambda: not self.slots), self.settings.grace + 5)
        self.kill()
        await self.until(lambda: not any(slot.runs for slot in self.slots.values()))
        for watching in self._watching:
            watching.cancel()
        await asyncio.gather(*self._watching, *self._tasks, return_exceptions=True)

    def kill(self) -> None:
        """End every dyno now (a second Ctrl-C)."""
        for slot in self.slots.values():
            slot.drop_timers()
            for running in slot.runs.values():
                running.kill()

    # What happens to it

    def web(self) -> list[Slot]:
        return [slot for slot in self.slots.values() if slot.dyno.kind is Kind.WEB]

    def feed(self, slot: Slot, signal: s.Signal) -> None:
        """Tell the machine of `slot`, and do what it asks for. Signals that this causes wait for their turn."""
        self._inbox.append((slot, signal))
        if self._busy:
            return
        self._busy = True
        try:
            while self._inbox:
                self._advance(*self._inbox.popleft())
        finally:
            self._busy = False
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for change in waiting:
            if not change.done():
                change.set_result(None)

    def _advance(self, slot: Slot, signal: s.Signal) -> None:
        if self.slots.get(slot.dyno.name) is not slot:
            return
        before = slot.dyno
        slot.dyno, actions = advance(before, signal, self.settings)
        if slot.dyno.state is not before.state:
            slot.since = self.clock.now()
        _remember_failure(slot, before, signal, self.settings)
        for action in actions:
            self._perform(slot, action)

    def _perform(self, slot: Slot, action: s.Action) -> None:
        match action:
            case s.Spawn(run):
                self._spawn(slot, run)
            case s.Retire(run):
                _ = self._start(self._retire(slot, run))
            case s.Terminate(run):
                if run in slot.runs:
                    slot.runs[run].terminate()
            case s.Kill(run):
                if run in slot.runs:
                    slot.runs[run].kill()
            case s.Log(text):
                self._sink.event(PLATFORM, str(slot.dyno.name), text)
            case s.Arm(timer, run, seconds):
                self._arm(slot, timer, run, seconds)
            case s.Route():
                self._publish()
            case s.Forget():
                slot.drop_timers()
                del self.slots[slot.dyno.name]
                if slot.ended is not None and not slot.ended.done():
                    slot.ended.set_result(slot.status)
            case _:
                assert_never(action)

    def _spawn(self, slot: Slot, run: int) -> None:
        name = str(slot.dyno.name)
        slot.timed_out, slot.failure = False, None
        port = None
        try:
            port = self._ports.take()
            running = Running(
                self._ground.place(slot.plan(port), terminal=slot.terminal),
                on_output=partial(self._sink.write, APP, name),
                on_exit=partial(self._exited, slot, run),
                stdio=slot.stdio,
                terminal=slot.terminal,
            )
        except (OSError, SlugcError) as error:
            if port is not None:
                self._ports.give_back(port)
            slot.status = 126
            self.feed(slot, s.CouldNotStart(run, str(error)))
            return
        running.port = port
        slot.runs[run], slot.versions[run] = running, slot.release.version
        self.feed(slot, s.Spawned(run))

    def _exited(self, slot: Slot, run: int, status: int) -> None:
        running = slot.runs.pop(run)
        slot.status = status
        slot.drop_timers(run)
        if running.port is not None:
            self._ports.give_back(running.port)
        if running.out_of_memory():
            self.feed(slot, s.MemoryMeasured(run, 0, killed=True))
        self.feed(slot, s.Exited(run, status))
        if running.placed.group is not None:
            _ = self._start(self._give_back(running.placed))

    async def _give_back(self, placed: Placed) -> None:
        """Not at once: the kernel still takes the dead apart, and a dyno in the place of this one comes first."""
        if not self._closing:
            await asyncio.sleep(GIVE_BACK)
        await asyncio.to_thread(placed.remove)

    def _arm(self, slot: Slot, timer: s.Timer, run: int, seconds: float) -> None:
        if timer is s.Timer.CYCLE:
            seconds += random.uniform(0, self.settings.cycle_jitter)  # noqa: S311 - spreading, not secrecy
        handle = asyncio.get_running_loop().call_later(seconds, self.feed, slot, s.Rang(timer, run))
        slot.timers[timer, run] = handle

    async def _retire(self, slot: Slot, run: int) -> None:
        # Every call that is under way: a later one does not wait for what an earlier one drains.
        telling = [] if self._closing else list(self._telling)
        if telling:
            await asyncio.wait(telling, timeout=self.settings.drain)
        self.feed(slot, s.Drained(run))

    def _publish(self) -> None:
        if self.traffic is not None and not self._closing:
            telling = self._start(self._tell(self.traffic))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def _tell(self, traffic: Traffic) -> None:
        try:
            await traffic.set_state(self.app, app_state(slot.dyno for slot in self.slots.values()))
            # Looked up after the wait: whichever of several calls comes last carries the latest set.
            await traffic.set_dynos(self.app, self._serving())
        except SlugcError as error:
            self._sink.event(PLATFORM, "router", f"Error R99 (Platform error) -> {error.summary}")
        self._tell_waiting()

    def _serving(self) -> dict[DynoName, int]:
        found = {slot.dyno.name: slot.runs.get(slot.dyno.serving) for slot in self.web() if slot.dyno.serving}
        return {name: running.port for name, running in found.items() if running is not None and running.port}

    def _begin(self, name: DynoName, release: Bootable, *, preboot: bool) -> None:
        process = release.process(name.type)
        assert process is not None
        dyno = _dyno(name, process, self._formation.get(name.type, Quantity(count=1)).size, preboot=preboot)
        slot = self.slots.get(name)
        if slot is None:
            slot = Slot(dyno=dyno, release=release, process=process, since=self.clock.now())
            self.slots[name] = slot
        else:
            # Its last process is still on its way out.
            slot.renew(release, process, dyno)
        self.feed(slot, s.Begin())

    def _in_formation(self) -> list[DynoName]:
        return [name for name, slot in self.slots.items() if slot.dyno.kind is not Kind.ONEOFF and slot.dyno.wanted]

    def _named(self, target: str | None, names: Iterable[DynoName]) -> list[DynoName]:
        found = sorted(names) if target is None else formation.named(target, names)
        if target is not None and not found:
            raise DynoNotFound(target=target, running=[str(name) for name in sorted(self.slots)])
        return found

    def _watch(self) -> None:
        if not self._watching:
            loop = asyncio.get_running_loop()
            looks = (watches.ports(self), watches.memory(self), watches.sleep(self))
            self._watching = [loop.create_task(look) for look in looks]

    def _start(self, work: "watches.Work") -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _dyno(name: DynoName, process: ProcessType, size: DynoSize, *, preboot: bool) -> Dyno:
    kind = Kind.WEB if name.type == "web" else Kind.WORKER
    return Dyno(name=name, kind=kind, command=process.text, size=size, preboot=preboot)


def _remember_failure(slot: Slot, before: Dyno, signal: s.Signal, settings: DynoSettings) -> None:
    """Why a boot failed, for those who wait for it."""
    if isinstance(signal, s.Rang) and signal.timer is s.Timer.BOOT and signal.run == before.run:
        slot.timed_out = before.state is DynoState.STARTING
    if before.state is DynoState.STARTING and slot.dyno.state is DynoState.CRASHED:
        name = str(before.name)
        slot.failure = (
            BootTimedOut(dyno=name, seconds=settings.boot)
            if slot.timed_out
            else CrashedAtBoot(dyno=name, status=slot.status, command=before.command)
        )
