"""What a supervisor looks at from time to time: ports that begin to listen, memory, and silence."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from slugc.dynos import signals as s
from slugc.dynos.ports import listening
from slugc.errors.root import SlugcError
from slugc.model.dyno import DynoState

if TYPE_CHECKING:
    from slugc.dynos.slots import Slot
    from slugc.dynos.supervisor import Supervisor

Work = Coroutine[Any, Any, None]
IDLE_LOOKS = 20
"""Looks at the router within the idle time."""


async def ports(supervisor: "Supervisor") -> None:
    """Say PortBound of every booting web dyno whose port has a listener."""
    while True:
        await supervisor.until(lambda: bool(_booting(supervisor)))
        booting = _booting(supervisor)
        for port in listening(booting):
            slot, run = booting[port]
            supervisor.feed(slot, s.PortBound(run))
        await asyncio.sleep(supervisor.settings.port_every)


async def memory(supervisor: "Supervisor") -> None:
    """Measure every dyno."""
    while True:
        await asyncio.sleep(supervisor.settings.memory_every)
        for slot in list(supervisor.slots.values()):
            for run, running in list(slot.runs.items()):
                size = running.memory(slot.dyno.size.memory << 20)
                supervisor.feed(slot, s.MemoryMeasured(run, size, killed=running.out_of_memory()))


async def sleep(supervisor: "Supervisor") -> None:
    """Put a lone web dyno to sleep that had no request for the idle time."""
    limit, traffic = supervisor.settings.idle, supervisor.traffic
    if limit is None or traffic is None:
        return
    while True:
        await asyncio.sleep(limit / IDLE_LOOKS)
        web = supervisor.web()
        if len(web) != 1 or web[0].dyno.state is not DynoState.UP:
            continue
        up_for = (supervisor.clock.now() - web[0].since).total_seconds()
        last = traffic.last_request_at(supervisor.app)
        quiet = up_for if last is None else min(up_for, time.monotonic() - last)
        # A router that cannot tell, for it is being started again, is asked at the next look.
        with contextlib.suppress(SlugcError):
            if quiet >= limit and await traffic.in_flight(supervisor.app) == 0:
                supervisor.feed(web[0], s.Sleep())


def _booting(supervisor: "Supervisor") -> "dict[int, tuple[Slot, int]]":
    found: dict[int, tuple[Slot, int]] = {}
    for slot in supervisor.web():
        runs = {slot.dyno.next, slot.dyno.run if slot.dyno.state is DynoState.STARTING else None}
        for run in runs:
            running = slot.runs.get(run) if run is not None else None
            if run is not None and running is not None and running.port is not None:
                found[running.port] = (slot, run)
    return found
