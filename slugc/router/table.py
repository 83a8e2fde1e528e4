"""The routing table as values, and what must be done to get from one to the next. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from slugc.model.dyno import DynoName
from slugc.model.route import AppPages, AppState

APP_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
AGAIN = "Z"
"""Between a dyno and the number of its second server. One byte that stands in few lines of the log, so that looking
for it is a memchr; two bytes cost ten times as much."""
_SERVER = re.compile(rf"([-\w]+\.\d+)(?:{AGAIN}\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A dyno as HAProxy knows it. Its name is the dyno's; `web.1Z2` while the previous web.1 still drains."""

    name: str
    dyno: DynoName
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One app. `draining` keeps its servers' names taken until HAProxy let go of them."""

    app: str
    port: int | None = None
    pages: AppPages = field(default_factory=AppPages)
    state: AppState = AppState.BLANK
    maintenance: bool = False
    servers: tuple[Server, ...] = ()
    draining: tuple[Server, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What to change in HAProxy: servers to add first, then servers that get nothing new."""

    add: tuple[Server, ...]
    drain: tuple[Server, ...]


def swap(route: Route, wanted: Mapping[DynoName, int]) -> tuple[Route, Swap]:
    """The route with exactly the `wanted` dynos, and the way there."""
    keep = tuple(s for s in route.servers if wanted.get(s.dyno) == s.port)
    gone = tuple(s for s in route.servers if s not in keep)
    kept = {s.dyno for s in keep}
    taken = {s.name for s in (*route.servers, *route.draining)}
    add: list[Server] = []
    for dyno, port in sorted(wanted.items()):
        if dyno not in kept:
            name = _free_name(str(dyno), taken)
            taken.add(name)
            add.append(Server(name=name, dyno=dyno, port=port))
    servers = tuple(sorted((*keep, *add), key=lambda s: s.dyno))
    after = replace(route, servers=servers, draining=(*route.draining, *gone))
    return after, Swap(add=tuple(add), drain=gone)


def let_go(route: Route, names: frozenset[str]) -> Route:
    """The route once HAProxy forgot these servers."""
    return replace(route, draining=tuple(s for s in route.draining if s.name not in names))


def dyno_of(server: str) -> str:
    """`web.1` for `web.1Z2`; empty for HAProxy's `<NOSRV>`."""
    match = _SERVER.fullmatch(server)
    return match[1] if match else ""


def _free_name(dyno: str, taken: set[str]) -> str:
    if dyno not in taken:
        return dyno
    return next(name for n in range(2, len(taken) + 3) if (name := f"{dyno}{AGAIN}{n}") not in taken)
