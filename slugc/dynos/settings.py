"""Every time and bound of the running side in one value, so that a test or a user can shorten them."""

from dataclasses import dataclass

from slugc.dynos.backoff import LADDER


@dataclass(frozen=True, slots=True, kw_only=True)
class DynoSettings:
    """Seconds, unless said otherwise. The defaults are Heroku's."""

    boot: float = 60.0
    """R10: how long a web dyno may take to listen."""
    grace: float = 30.0
    """R12: between SIGTERM and SIGKILL."""
    drain: float = 30.0
    """How long a web dyno that is to be replaced may finish the requests it has before SIGTERM."""
    cycle: float = 24 * 3600.0
    cycle_jitter: float = 216 * 60.0
    """A random part of it is added to `cycle`, so that the dynos of an app do not cycle at one moment."""
    healthy: float = 300.0
    """Up for so long, a dyno's earlier crashes are forgotten."""
    crash_delays: tuple[float, ...] = LADDER
    idle: float | None = 3600.0
    """A lone web dyno without a request for so long goes to sleep; None: never."""
    memory_every: float = 20.0
    memory_kill: float = 2.0
    """R15: times the quota."""
    port_every: float = 0.02
    """Between looks at the kernel's table of listening sockets while a dyno boots."""
