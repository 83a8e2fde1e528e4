"""The platform as a process: it owns SLUGC_HOME, listens, and takes everything down when told to end."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

from slugc import __version__
from slugc.host.clock import Clock
from slugc.host.home import Home
from slugc.ledger.changes import stamp
from slugc.platform import PlatformOptions, running
from slugc.sandbox.owned import undertaken
from slugc.server import ownership
from slugc.server.application import application
from slugc.server.listening import Interface, listen

Ready = Callable[[dict[str, Any]], None]


def serve(home: Home, options: PlatformOptions, *, clock: Clock, on_ready: Ready) -> None:
    """Be the platform until SIGTERM, SIGINT or `platform stop`. `on_ready` hears the facts of `platform status`
    when every app was told to boot and the socket answers.

    Raises PlatformAlreadyRuns, and what the parts of the platform raise while starting.
    """
    lock = ownership.take(home)
    try:
        with undertaken(str(home.root)):
            asyncio.run(_serve(home, options, clock, on_ready))
    finally:
        ownership.socket_path(home).unlink(missing_ok=True)
        os.close(lock)


async def _serve(home: Home, options: PlatformOptions, clock: Clock, on_ready: Ready) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(home, options, clock=clock) as (fleet, facts):
        about = {
            "pid": os.getpid(),
            "version": __version__,
            "home": str(home.root),
            "socket": str(ownership.socket_path(home)),
            "started_at": stamp(clock.now()),
            **facts,
        }
        interface = Interface(application(fleet, facts=about, stop=stop), listen(ownership.socket_path(home)))
        await interface.start()
        on_ready(about)
        await stop.wait()
        fleet.hang_up()
        await interface.stop()
