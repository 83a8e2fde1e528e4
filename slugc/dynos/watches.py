"""What is looked at from time to time: ports that begin to listen, memory, and silence."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from slugc.dynos import signals as s
from slugc.dynos.ports import listening
from slugc.errors.root import SlugcError
from slugc.model.dyno import DynoState

if TYPE_CHECKING:
    from slugc.dynos.crew import Crew
    from slugc.dynos.slots import Slot

IDLE_LOOKS = 20
"""Looks at the router within the idle time."""


async def ports(crew: "Crew") -> None:
    """Say PortBound of every booting web dyno whose port has a listener."""
    while True:
        await crew.until(lambda: bool(_booting(crew)))
        booting = _booting(crew)
        for port in listening(booting):
            slot, run = booting[port]
            crew.feed(slot, s.PortBound(run))
        await asyncio.sleep(crew.settings.port_every)


async def memory(crew: "Crew") -> None:
    """Measure every dyno."""
    while True:
        await asyncio.sleep(crew.settings.memory_every)
        for slot in list(crew.slots.values()):
            for run, running in list(slot.runs.items()):
                size = running.memory(slot.dyno.size.memory << 20)
                crew.feed(slot, s.MemoryMeasured(run, size, killed=running.out_of_memory()))


async def sleep(crew: "Crew") -> None:
    """Put a lone web dyno to sleep that had no request for the idle time."""
    limit, traffic = crew.settings.idle, crew.traffic
    if limit is None or traffic is None:
        return
    # By the clock that nobody sets: the time in a slot is for people to read.
    lone: tuple[Slot, int] | None = None
    since = 0.0
    while True:
        await asyncio.sleep(limit / IDLE_LOOKS)
        now, web = crew.clock.monotonic(), [(slot, slot.dyno.run) for slot in crew.web()]
        if len(web) != 1 or web[0][0].dyno.state is not DynoState.UP:
            lone = None
            continue
        if web[0] != lone:
            lone, since = web[0], now
        last = traffic.last_request_at(crew.app)
        quiet = now - (since if last is None else max(since, last))
        # A router that cannot tell, for it is being started again, is asked at the next look.
        with contextlib.suppress(SlugcError):
            if quiet >= limit and await traffic.in_flight(crew.app) == 0:
                crew.feed(web[0][0], s.Sleep())


def _booting(crew: "Crew") -> "dict[int, tuple[Slot, int]]":
    found: dict[int, tuple[Slot, int]] = {}
    for slot in crew.web():
        runs = {slot.dyno.next, slot.dyno.run if slot.dyno.state is DynoState.STARTING else None}
        for run in runs:
            running = slot.runs.get(run) if run is not None else None
            if run is not None and running is not None and running.port is not None:
                found[running.port] = (slot, run)
    return found
