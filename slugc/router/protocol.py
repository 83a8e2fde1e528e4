"""What the rest of the running side asks of a router. RouterPlane (plane.py) is the one that works for real.

Order of use: `add_app` and `set_state` for each app that is known already, `start`, then `set_dynos` and `set_state`
whenever they change, `stop`. An app that is added before `start` is served from the first moment; one that is added
later costs a reload.
All methods belong to one event loop. The hooks are plain attributes, set before `start`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from slugc.model.dyno import DynoName
from slugc.model.log import LateLines
from slugc.model.route import AppPages, AppState

OnWake = Callable[[str], Awaitable[bool]]
"""Called with an app's name when a request came for an IDLE app; once, however many requests wait. It should
start a dyno and may return at once: the requests wait for `set_dynos`. False: no dyno will come (H10)."""

OnLines = Callable[[str, LateLines], None]
"""Called with an app's name and one or more router lines (`at=info method=GET path="/" ...`). Feed them to the app's
log hub as source `heroku`, dyno `router`."""


class Router(Protocol):
    on_wake: OnWake | None
    on_lines: OnLines | None

    async def start(self) -> None:
        """Listen. Raises RouterUnavailable, PortTaken or RouterFailed."""
        ...

    async def add_app(self, app: str, *, port: int | None = None, pages: AppPages | None = None) -> None:
        """Serve `app` as http://APP.localhost:PORT, and on `port` of its own where one is given. An app begins
        as BLANK and without dynos. Calling it again changes the port and the pages."""
        ...

    async def remove_app(self, app: str) -> None: ...

    async def set_dynos(self, app: str, dynos: Mapping[DynoName, int]) -> None:
        """The web dynos that may get requests, with their loopback ports. Returns when the new ones get requests
        and the missing ones do not any more, and when the latter have answered what they had (bounded by
        `drain_seconds`): then they can be stopped without a failed request. A dyno whose port changed counts as
        removed and added."""
        ...

    async def drain(self, app: str, dyno: DynoName) -> None:
        """`set_dynos` without this one."""
        ...

    async def set_state(self, app: str, state: AppState) -> None: ...

    async def set_maintenance(self, app: str, *, on: bool) -> None:
        """H80 and the maintenance page instead of the dynos, which keep running."""
        ...

    def last_request_at(self, app: str) -> float | None:
        """When the latest request came to its end (monotonic seconds), for sleeping. None: never."""
        ...

    async def in_flight(self, app: str) -> int:
        """Requests and websockets open at this moment: an app with some must not be put to sleep."""
        ...

    def url(self, app: str) -> str:
        """The address to print: the app's own port if it has one, else its host name on the shared listener."""
        ...

    async def stop(self) -> None:
        """Stop accepting, let requests end (bounded by `drain_seconds`), leave."""
        ...
