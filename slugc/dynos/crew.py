"""The live dynos of one app: each signal goes to its dyno's machine, and what the machine asks for is done."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, assert_never

from slugc.dynos import signals as s
from slugc.dynos.ports import Ports
from slugc.dynos.routing import Routing
from slugc.dynos.running import Running
from slugc.dynos.settings import DynoSettings
from slugc.dynos.slots import Slot
from slugc.dynos.state import Dyno, Kind, advance
from slugc.dynos.world import PLATFORM, Ground, Placed, Sink, Traffic
from slugc.errors.dyno import BootTimedOut, CrashedAtBoot
from slugc.errors.root import SlugcError
from slugc.host.clock import Clock
from slugc.model.dyno import DynoName, DynoState

APP = "app"
GIVE_BACK = 0.1
"""Seconds from a dyno's end to the removal of its control groups."""


class Crew:
    """It decides nothing: state.py says what to do. Belongs to one event loop; its supervisor fills `slots`."""

    def __init__(
        self,
        app: str,
        *,
        ground: Ground,
        sink: Sink,
        clock: Clock,
        settings: DynoSettings,
        ports: Ports,
        traffic: Traffic | None,
    ) -> None:
        self.app, self.settings, self.clock, self.traffic = app, settings, clock, traffic
        self.slots: dict[DynoName, Slot] = {}
        self._ground, self._sink, self._ports = ground, sink, ports
        self._routing = (
            None if traffic is None else Routing(app, traffic, sink=sink, web=self.web, on_heard=self._tell_waiting)
        )
        self._inbox: deque[tuple[Slot, s.Signal]] = deque()
        self._busy = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = False

    def web(self) -> list[Slot]:
        return [slot for slot in self.slots.values() if slot.dyno.kind is Kind.WEB]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a change of some dyno makes `condition` true."""
        while not condition():
            change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(change)
            try:
                await change
            finally:
                self._waiting.discard(change)

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

    def publish(self) -> None:
        """Tell the router of the web dynos."""
        if self._routing is not None and not self._leaving:
            self._routing.publish()

    def leave(self) -> None:
        """Everything ends: the router is told nothing more, and nobody waits for its requests."""
        self._leaving = True

    def kill(self) -> None:
        """End every process now."""
        for slot in self.slots.values():
            slot.drop_timers()
            for running in slot.runs.values():
                running.kill()

    async def gone(self) -> None:
        """Returns when no process is left, and what the last ones took was given back."""
        await self.until(lambda: not any(slot.runs for slot in self.slots.values()))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._routing is not None:
            await self._routing.heard()

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
                self._start(self._retire(slot, run))
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
                self.publish()
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
            self._start(self._give_back(running.placed))

    def _arm(self, slot: Slot, timer: s.Timer, run: int, seconds: float) -> None:
        if timer is s.Timer.CYCLE:
            seconds += random.uniform(0, self.settings.cycle_jitter)  # noqa: S311 - spreading, not secrecy
        handle = asyncio.get_running_loop().call_later(seconds, self.feed, slot, s.Rang(timer, run))
        slot.timers[timer, run] = handle

    async def _retire(self, slot: Slot, run: int) -> None:
        if self._routing is not None and not self._leaving:
            await self._routing.heard(patience=self.settings.drain)
        self.feed(slot, s.Drained(run))

    async def _give_back(self, placed: Placed) -> None:
        """Not at once: the kernel still takes the dead apart, and a dyno in the place of this one comes first."""
        if not self._leaving:
            await asyncio.sleep(GIVE_BACK)
        await asyncio.to_thread(placed.remove)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell_waiting(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for change in waiting:
            if not change.done():
                change.set_result(None)


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
