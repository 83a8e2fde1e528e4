"""The running side on one page: ledger -> dynos -> router -> logs."""

import contextlib
import getpass
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from slugc.addons.servers import Servers
from slugc.dynos.settings import DynoSettings
from slugc.dynos.world import Ground
from slugc.host.clock import Clock
from slugc.host.home import Home
from slugc.hosting.file_log import FileLog
from slugc.hosting.fleet import Fleet
from slugc.hosting.world import World
from slugc.ledger.store import FILE_NAME, Ledger
from slugc.model.build import Isolation
from slugc.router.plane import RouterPlane
from slugc.router.settings import RouterSettings
from slugc.sandbox.cgroups import look
from slugc.sandbox.choose import choose
from slugc.slug.store import SlugStore
from slugc.stack import find


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformOptions:
    """What whoever starts the platform may choose."""

    port: int = 8080
    """The listener for all apps, by host name."""
    tls_port: int | None = None
    stack: str = "host"
    isolation: Isolation = Isolation.AUTO
    dynos: DynoSettings = field(default_factory=DynoSettings)


@contextlib.asynccontextmanager
async def running(home: Home, options: PlatformOptions, *, clock: Clock) -> AsyncIterator[tuple[Fleet, dict[str, Any]]]:
    """Every app of `home` up, until the block is left; then everything down, in reverse: jobs, dynos, servers of
    add-ons, router, ledger. The second value says what the platform stands on."""
    ledger = Ledger(home.state / FILE_NAME, clock=clock)
    choice = choose(options.isolation, scratch=home.work)
    stack = find(options.stack, home=home)
    offer = look()
    router = RouterPlane(
        RouterSettings(port=options.port, tls_port=options.tls_port, state=home.state / "router"), clock=clock
    )
    world = World(
        home=home,
        clock=clock,
        ledger=ledger,
        store=SlugStore(home),
        ground=Ground(engine=choice.engine, mounts=stack.mounts("run"), path=stack.path, offer=offer),
        router=router,
        servers=Servers(home.state / "addons", engine=choice.engine, mounts=stack.mounts("run")),
        hub_of=lambda app: FileLog(home.state / "logs" / f"{app}.log", clock=clock),
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
    await router.start()
    try:
        await fleet.start()
        yield fleet, facts
    finally:
        await fleet.shutdown()
        await router.stop()
        ledger.close()
