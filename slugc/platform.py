"""The running side on one page: ledger -> dynos -> router -> logs.

`running` is the platform: every app of a home. `start` is one app in the foreground, with the same parts and no
ledger. This page owns the event loop; what a part does is in the package of its name.
"""

import asyncio
import contextlib
import getpass
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from slugc.addons.servers import Servers
from slugc.dynos.settings import DynoSettings
from slugc.dynos.supervisor import Supervisor
from slugc.dynos.world import Ground
from slugc.host.clock import Clock
from slugc.host.files import scratch
from slugc.host.home import Home
from slugc.hosting.fleet import Fleet, log_folder
from slugc.hosting.world import World
from slugc.ledger.store import FILE_NAME, Ledger
from slugc.logs.console import ConsoleLog
from slugc.logs.hub import LogHub
from slugc.logs.outlet import Outlet
from slugc.model.build import Isolation
from slugc.model.dyno import Bootable, Formation
from slugc.model.route import AppState
from slugc.router.plane import RouterPlane
from slugc.router.settings import RouterSettings
from slugc.sandbox.cgroups import look, sweep
from slugc.sandbox.choose import choose
from slugc.sandbox.owned import Owned
from slugc.slug.store import SlugStore
from slugc.stack import find
from slugc.stack.gathered import Kept

DRAIN = 5.0
"""Seconds that requests get to end when the app stops."""
LAST_WORDS = 5.0
"""Seconds that whoever reads the log gets to take the rest of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformOptions:
    """What whoever starts the platform may choose."""

    port: int = 8080
    """The listener for all apps, by host name."""
    tls_port: int | None = None
    stack: str = "host"
    isolation: Isolation = Isolation.AUTO
    dynos: DynoSettings = field(default_factory=DynoSettings)
    router: RouterSettings = field(default_factory=RouterSettings)
    """Its ports and its folder are this platform's own, whatever it says."""


@contextlib.asynccontextmanager
async def running(home: Home, options: PlatformOptions, *, clock: Clock) -> AsyncIterator[tuple[Fleet, dict[str, Any]]]:
    """Every app of `home` up, until the block is left; then everything down, in reverse: jobs, dynos, servers of
    add-ons, router, ledger; also where one of them does not come up. The second value says what it stands on."""
    async with contextlib.AsyncExitStack() as down:
        etc = down.enter_context(scratch(home.work, "etc"))
        ledger = down.enter_context(contextlib.closing(Ledger(home.state / FILE_NAME, clock=clock)))
        fleet, facts = _built(home, options, etc, ledger, clock=clock)
        router = fleet.world.router
        down.push_async_callback(router.stop)
        down.push_async_callback(fleet.shutdown)
        # Apps first: whoever asks while they boot waits for them, and each one later would cost a reload.
        await fleet.enroll()
        await router.start()
        await fleet.start()
        yield fleet, facts


def _built(
    home: Home, options: PlatformOptions, etc: Path, ledger: Ledger, *, clock: Clock
) -> tuple[Fleet, dict[str, Any]]:
    """The parts put together; nothing runs yet."""
    choice = choose(options.isolation, scratch=home.work)
    engine = Owned(engine=choice.engine, owner=str(home.root))
    stack = find(options.stack, home=home)
    mounts = stack.mounts("run")
    offer = look()
    sweep(offer)
    router = RouterPlane(
        replace(options.router, port=options.port, tls_port=options.tls_port, state=home.state / "router"), clock=clock
    )
    world = World(
        home=home,
        clock=clock,
        ledger=ledger,
        store=SlugStore(home),
        ground=Ground(engine=engine, mounts=mounts, kept=Kept(mounts, etc), path=stack.path, offer=offer),
        router=router,
        servers=Servers(home.state / "addons", engine=engine, mounts=mounts),
        hub_of=lambda app: LogHub(log_folder(home, app), clock=clock),
        user=getpass.getuser(),
        settings=options.dynos,
    )
    fleet = Fleet(world)
    router.on_wake = fleet.wake
    router.on_lines = fleet.hear_router
    facts = {
        "isolation": choice.text,
        "limits": offer.text,
        "stack": stack.name,
        "port": options.port,
        "tls_port": options.tls_port,
    }
    return fleet, facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreground:
    """One app in the foreground (`slugc start`)."""

    release: Bootable
    formation: Formation
    ground: Ground
    port: int
    """Where the router listens, on the loopback address."""
    settings: DynoSettings = field(default_factory=DynoSettings)


def start(
    wanted: Foreground, *, clock: Clock, write_out: Callable[[bytes], None], on_ready: Callable[[str], None]
) -> int:
    """Boot an app and serve it until SIGINT or SIGTERM; returns 128 + the signal's number.

    write_out: gets the log. on_ready: gets the URL as soon as a web dyno listens. Both are called from one thread of
    their own, in order, and may wait; lines that wait for them too long are lost, with a notice. The first signal
    stops the dynos within the grace time, the second one at once. Raises BootTimedOut, CrashedAtBoot and the
    router's errors; then nothing runs any more.
    """
    return asyncio.run(_serve(wanted, clock, write_out, on_ready))


async def _serve(
    wanted: Foreground, clock: Clock, write_out: Callable[[bytes], None], on_ready: Callable[[str], None]
) -> int:
    app = wanted.release.app
    stop = _Stop()
    outlet = Outlet(write_out, on_failure=stop.failed, notice=lambda lost: log.notice(lost))  # noqa: PLW0108 - log comes next
    log = ConsoleLog(outlet.put, clock=clock)
    router = RouterPlane(RouterSettings(drain_seconds=DRAIN, boot_seconds=wanted.settings.boot + 15))
    supervisor = Supervisor(app, ground=wanted.ground, sink=log, clock=clock, traffic=router, settings=wanted.settings)
    router.on_lines = lambda _app, lines: log.write("heroku", "router", lines.text())
    router.on_wake = lambda _app: supervisor.wake()
    stop.listen(second=supervisor.kill)
    if wanted.ground.offer:
        sweep(wanted.ground.offer)
    try:
        # Before the start: afterwards it would cost a reload.
        await router.add_app(app, port=wanted.port)
        await router.set_state(app, AppState.STARTING if "web" in wanted.formation else AppState.DOWN)
        await router.start()
        await supervisor.apply(wanted.formation, wanted.release)
        if supervisor.web() and await stop.unless(supervisor.web_is_up()):
            outlet.call(lambda: on_ready(router.url(app)))
        return await stop.signalled()
    finally:
        # First no new requests, then the dynos; the router's patience is short, for somebody waits at a prompt.
        await router.stop()
        await supervisor.shutdown()
        await asyncio.to_thread(outlet.close, seconds=LAST_WORDS)


class _Stop:
    """The wish to stop: a signal, or a reader of the log that went away."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._wish: asyncio.Future[int] = self._loop.create_future()

    def listen(self, *, second: Callable[[], None]) -> None:
        def heard(number: int) -> None:
            if self._wish.done():
                second()
            else:
                self._wish.set_result(128 + number)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, heard, number)

    async def signalled(self) -> int:
        return await asyncio.shield(self._wish)

    async def unless(self, work: Coroutine[Any, Any, None]) -> bool:
        """Wait for `work`. False: somebody wants to stop before it is done."""
        task = asyncio.create_task(work)
        await asyncio.wait((task, self._wish), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            return False
        await task
        return True

    def failed(self, error: Exception) -> None:
        """From any thread: the log could not be written."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._take, error)

    def _take(self, error: Exception) -> None:
        if self._wish.done():
            return
        if isinstance(error, BrokenPipeError):
            self._wish.set_result(128 + signal.SIGPIPE)
        else:
            self._wish.set_exception(error)
