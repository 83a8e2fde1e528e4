"""What a hosted app is given: the parts that all apps of one platform share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from slugc.addons.servers import Servers
from slugc.dynos.ports import Ports
from slugc.dynos.settings import DynoSettings
from slugc.dynos.world import Ground
from slugc.host.clock import Clock
from slugc.host.home import Home
from slugc.ledger.store import Ledger
from slugc.logs.hub import LogHub
from slugc.model.app import App
from slugc.router.protocol import Router
from slugc.slug.store import SlugStore


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    home: Home
    clock: Clock
    ledger: Ledger
    store: SlugStore
    ground: Ground
    router: Router
    servers: Servers
    hub_of: Callable[[App], LogHub]
    """Opens the log of an app."""
    user: str
    """Who the platform runs as, and so who does everything on it: other users are refused."""
    settings: DynoSettings = field(default_factory=DynoSettings)
    ports: Ports = field(default_factory=Ports)
    release_seconds: float = 3600.0
    """How long a release command may take."""
