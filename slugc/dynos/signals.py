"""What happens to a dyno, and what is to be done about it: the vocabulary of the state machine.

`run` numbers the incarnations of one dyno: after a restart its old process may still be stopping.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Begin:
    """The dyno was added to the formation."""


@dataclass(frozen=True, slots=True)
class Spawned:
    run: int


@dataclass(frozen=True, slots=True)
class CouldNotStart:
    run: int
    reason: str


@dataclass(frozen=True, slots=True)
class PortBound:
    run: int


@dataclass(frozen=True, slots=True)
class Exited:
    run: int
    status: int


@dataclass(frozen=True, slots=True)
class Restart:
    """A new release, or somebody's wish."""


@dataclass(frozen=True, slots=True)
class Stop:
    forget: bool = True
    """False: it stays in the formation, and a restart brings it back (`ps:stop`)."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """No request for long."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A request came while it slept."""


@dataclass(frozen=True, slots=True)
class Drained:
    """The router sends it nothing any more, and its requests are answered."""

    run: int


@dataclass(frozen=True, slots=True)
class MemoryMeasured:
    run: int
    size: int
    """Bytes."""
    killed: bool = False
    """The kernel has already killed some of its processes for want of memory."""


class Timer(StrEnum):
    BOOT = "boot"
    GRACE = "grace"
    BACKOFF = "back-off"
    CYCLE = "cycle"
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Rang:
    """A timer ended; stale ones are recognised by their run."""

    timer: Timer
    run: int


Signal = (
    Begin
    | Spawned
    | CouldNotStart
    | PortBound
    | Exited
    | Restart
    | Stop
    | Sleep
    | Wake
    | Drained
    | MemoryMeasured
    | Rang
)


@dataclass(frozen=True, slots=True)
class Spawn:
    run: int


@dataclass(frozen=True, slots=True)
class Retire:
    """Take it out of the router, let it finish its requests, then say Drained."""

    run: int


@dataclass(frozen=True, slots=True)
class Terminate:
    """SIGTERM to all its processes."""

    run: int


@dataclass(frozen=True, slots=True)
class Kill:
    run: int


@dataclass(frozen=True, slots=True)
class Log:
    """One platform line of the dyno, in Heroku's words."""

    text: str


@dataclass(frozen=True, slots=True)
class Arm:
    timer: Timer
    run: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Route:
    """The set of dynos that serve has changed."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Nothing of it is left."""


Action = Spawn | Retire | Terminate | Kill | Log | Arm | Route | Forget
