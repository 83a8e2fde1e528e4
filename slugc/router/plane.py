"""The router: HAProxy carries every byte, slugc tells it where to (see protocol.py for how to use this).

Dynos come and go through HAProxy's run-time socket, without a reload. An app, its own port or its pages are part
of the configuration file; a change of those is a reload, which takes over the listening sockets and lets the old
worker finish what it has.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any

from slugc.errors.router import InvalidRoute, RouterFailed, UnknownRoute
from slugc.host.clock import Clock, SystemClock
from slugc.model.dyno import DynoName
from slugc.model.route import AppPages, AppState
from slugc.router import folder
from slugc.router.admin import add_servers, delete_server, open_requests, set_servers
from slugc.router.holding import Holding
from slugc.router.keeper import Keeper, check_port
from slugc.router.lines import digest
from slugc.router.protocol import OnLines, OnWake
from slugc.router.settings import RouterSettings
from slugc.router.table import APP_NAME, Route, Server, let_go, swap

_DELETE_SECONDS, _DELETE_PAUSE = 60.0, 0.5


class RouterPlane:
    """Satisfies slugc.router.protocol.Router. The table is here; the keeper has it read by HAProxy."""

    def __init__(self, settings: RouterSettings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.on_wake: OnWake | None = None
        self.on_lines: OnLines | None = None
        self._clock = clock or SystemClock()
        self._routes: dict[str, Route] = {}
        self._latest: dict[str, float] = {}
        self._holding = Holding(settings=settings, route_of=self._routes.get)
        self._keeper = Keeper(
            settings, clock=self._clock, routes=lambda: tuple(self._routes.values()), on_log=self._read_log
        )
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._holding.on_wake = self.on_wake
        await self._keeper.start(control=self._holding.listen)

    async def stop(self) -> None:
        await self._keeper.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._holding.close()
        if self._keeper.files is not None:
            folder.remove(self._keeper.files)

    # What is part of the configuration

    async def add_app(self, app: str, *, port: int | None = None, pages: AppPages | None = None) -> None:
        if APP_NAME.fullmatch(app) is None:
            raise InvalidRoute(app=app)
        async with self._keeper.lock:
            before = self._routes.get(app)
            after = replace(before or Route(app=app), port=port, pages=pages or AppPages())
            if after == before:
                return
            if port is not None and port not in self._ports():
                check_port(self.settings.address, port)
            self._routes[app] = after
            try:
                await self._keeper.reload()
            except RouterFailed:
                if before is None:
                    del self._routes[app]
                else:
                    self._change(app, port=before.port, pages=before.pages)
                self._keeper.write()
                raise

    async def remove_app(self, app: str) -> None:
        async with self._keeper.lock:
            route = self._route(app)
            del self._routes[app]
            try:
                await self._keeper.reload()
            except RouterFailed:
                self._routes[app] = route
                self._keeper.write()
                raise
        self._holding.changed(app)
        self._latest.pop(app, None)

    # What changes without a reload

    async def set_dynos(self, app: str, dynos: Mapping[DynoName, int]) -> None:
        async with self._keeper.lock:
            route = self._route(app)
            after, change = swap(route, dynos)
            if self._keeper.haproxy is None:
                self._change(app, servers=after.servers, draining=())
                return
            try:
                await add_servers(self._keeper.admin, app, change.add, enabled=not route.maintenance)
            finally:
                # Also where HAProxy has just died: the next one is given the table as it is.
                self._change(app, servers=after.servers, draining=after.draining)
            await set_servers(self._keeper.admin, app, change.drain, "drain")
        if change.drain:
            await self._keeper.until_answered(app, {server.name for server in change.drain})
            self._background(self._forget(app, change.drain))

    async def drain(self, app: str, dyno: DynoName) -> None:
        rest = {s.dyno: s.port for s in self._route(app).servers if s.dyno != dyno}
        await self.set_dynos(app, rest)

    async def set_state(self, app: str, state: AppState) -> None:
        self._change(app, state=state)

    async def set_maintenance(self, app: str, *, on: bool) -> None:
        async with self._keeper.lock:
            route = self._route(app)
            if self._keeper.haproxy is not None:
                await set_servers(self._keeper.admin, app, route.servers, "maint" if on else "ready")
            self._change(app, maintenance=on)

    # What others ask

    def last_request_at(self, app: str) -> float | None:
        return self._latest.get(app)

    async def in_flight(self, app: str) -> int:
        self._route(app)
        if self._keeper.haproxy is None:
            return 0
        return (await open_requests(self._keeper.master, app)).get("BACKEND", 0)

    def url(self, app: str) -> str:
        route = self._route(app)
        if route.port is not None:
            return f"http://{self.settings.address}:{route.port}"
        return f"http://{app}.{self.settings.domain}:{self.settings.port}"

    def _route(self, app: str) -> Route:
        route = self._routes.get(app)
        if route is None:
            raise UnknownRoute(app=app, known=sorted(self._routes))
        return route

    def _change(self, app: str, **fields: Any) -> None:
        """Some fields of a route as it is now: while a caller waited for HAProxy, another may have changed the rest."""
        self._routes[app] = replace(self._route(app), **fields)
        self._holding.changed(app)

    def _ports(self) -> list[int]:
        ports = [self.settings.port, self.settings.tls_port, *(route.port for route in self._routes.values())]
        return [port for port in ports if port is not None]

    async def _forget(self, app: str, servers: tuple[Server, ...]) -> None:
        """Delete drained servers, which HAProxy allows once their idle connections are gone, and free the names."""
        deadline = self._clock.monotonic() + _DELETE_SECONDS
        left = set(servers)
        while left and self._clock.monotonic() < deadline:
            async with self._keeper.lock:
                if self._keeper.haproxy is None or app not in self._routes:
                    return
                with contextlib.suppress(RouterFailed):
                    gone = {server for server in left if await delete_server(self._keeper.admin, app, server)}
                    left -= gone
                    self._routes[app] = let_go(self._routes[app], frozenset(server.name for server in gone))
            if left:
                await asyncio.sleep(_DELETE_PAUSE)

    def _read_log(self, chunk: bytes) -> None:
        now = self._clock.monotonic()
        for batch in digest(chunk):
            self._latest[batch.app] = now
            if self.on_lines is not None:
                self.on_lines(batch.app, batch)

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
