"""The router: HAProxy carries every byte, slugc tells it where to (see protocol.py for how to use this).

Dynos come and go through HAProxy's run-time socket, without a reload. An app, its own port or its pages are part
of the configuration file; a change of those is a reload, which takes over the listening sockets and lets the old
worker finish what it has.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from slugc.errors.router import InvalidRoute, PortTaken, RouterFailed, UnknownRoute
from slugc.host.clock import Clock, SystemClock
from slugc.host.files import write_atomic
from slugc.model.dyno import DynoName
from slugc.model.route import AppPages, AppState
from slugc.router import pages as html
from slugc.router.admin import add_servers, delete_server, open_requests, set_servers
from slugc.router.binary import Binary, find_haproxy
from slugc.router.certificates import router_certificate
from slugc.router.configuration import RuntimeFiles, configuration, hold_script, host_map
from slugc.router.holding import Holding
from slugc.router.lines import digest
from slugc.router.process import Haproxy
from slugc.router.protocol import OnLines, OnWake
from slugc.router.settings import RouterSettings
from slugc.router.table import APP_NAME, Route, Server, let_go, swap

_POLL_SECONDS = 0.05
_DELETE_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before HAProxy is started again, where the last try failed: doubled each time."""
_LONGEST_PARENT = 45
"""A socket's path ends at 107 bytes, and HAProxy binds under a longer name first."""


class RouterPlane:
    """Satisfies slugc.router.protocol.Router."""

    def __init__(self, settings: RouterSettings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.on_wake: OnWake | None = None
        self.on_lines: OnLines | None = None
        self._clock = clock or SystemClock()
        self._routes: dict[str, Route] = {}
        self._latest: dict[str, float] = {}
        self._lock = asyncio.Lock()
        self._holding = Holding(settings=settings, route_of=self._routes.get)
        self._tasks: set[asyncio.Task[None]] = set()
        self._generation = 0
        self._binary: Binary | None = None
        self._files: RuntimeFiles | None = None
        self._haproxy: Haproxy | None = None
        self._stopping = False

    async def start(self) -> None:
        self._binary = await find_haproxy()
        for port in (self.settings.port, self.settings.tls_port):
            if port is not None:
                self._check_port(port)
        self._files = RuntimeFiles(_private_folder(self.settings.uid))
        self._holding.on_wake = self.on_wake
        await self._holding.listen(self._files.control)
        await self._launch()

    async def add_app(self, app: str, *, port: int | None = None, pages: AppPages | None = None) -> None:
        if APP_NAME.fullmatch(app) is None:
            raise InvalidRoute(app=app)
        async with self._lock:
            before = self._routes.get(app)
            after = replace(before or Route(app=app), port=port, pages=pages or AppPages())
            if after == before:
                return
            if port is not None and port not in self._ports():
                self._check_port(port)
            self._routes[app] = after
            try:
                await self._reload()
            except RouterFailed:
                if before is None:
                    del self._routes[app]
                else:
                    self._change(app, port=before.port, pages=before.pages)
                self._write()
                raise

    async def remove_app(self, app: str) -> None:
        async with self._lock:
            route = self._route(app)
            del self._routes[app]
            try:
                await self._reload()
            except RouterFailed:
                self._routes[app] = route
                self._write()
                raise
        self._holding.changed(app)
        self._latest.pop(app, None)

    async def set_dynos(self, app: str, dynos: Mapping[DynoName, int]) -> None:
        async with self._lock:
            route = self._route(app)
            after, change = swap(route, dynos)
            if self._haproxy is None:
                self._change(app, servers=after.servers, draining=())
                return
            try:
                await add_servers(self._admin, app, change.add, enabled=not route.maintenance)
            finally:
                # Also where HAProxy has just died: the next one is given the table as it is.
                self._change(app, servers=after.servers, draining=after.draining)
            await set_servers(self._admin, app, change.drain, "drain")
        if change.drain:
            await self._until_answered(app, {server.name for server in change.drain})
            self._background(self._forget(app, change.drain))

    async def drain(self, app: str, dyno: DynoName) -> None:
        rest = {s.dyno: s.port for s in self._route(app).servers if s.dyno != dyno}
        await self.set_dynos(app, rest)

    async def set_state(self, app: str, state: AppState) -> None:
        self._change(app, state=state)

    async def set_maintenance(self, app: str, *, on: bool) -> None:
        async with self._lock:
            route = self._route(app)
            if self._haproxy is not None:
                await set_servers(self._admin, app, route.servers, "maint" if on else "ready")
            self._change(app, maintenance=on)

    def last_request_at(self, app: str) -> float | None:
        return self._latest.get(app)

    async def in_flight(self, app: str) -> int:
        self._route(app)
        if self._files is None or self._haproxy is None:
            return 0
        return (await open_requests(self._files.master, app)).get("BACKEND", 0)

    def url(self, app: str) -> str:
        route = self._route(app)
        if route.port is not None:
            return f"http://{self.settings.address}:{route.port}"
        return f"http://{app}.{self.settings.domain}:{self.settings.port}"

    async def stop(self) -> None:
        self._stopping = True
        haproxy, self._haproxy = self._haproxy, None
        if haproxy is not None and self._files is not None:
            haproxy.stop_listening()
            await self._until_answered(None, {"BACKEND"})
            await haproxy.stop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._holding.close()
        if self._files is not None:
            shutil.rmtree(self._files.folder, ignore_errors=True)

    @property
    def _admin(self) -> Path:
        assert self._files is not None
        return self._files.admin

    def _route(self, app: str) -> Route:
        route = self._routes.get(app)
        if route is None:
            raise UnknownRoute(app=app, known=sorted(self._routes))
        return route

    def _change(self, app: str, **fields: Any) -> None:
        """Some fields of a route as it is now: while a caller waited for HAProxy, another may have changed the rest."""
        self._routes[app] = replace(self._route(app), **fields)
        self._holding.changed(app)

    async def _launch(self) -> None:
        assert self._files is not None
        assert self._binary is not None
        async with self._lock:
            self._write()
            haproxy = Haproxy(binary=self._binary.path, files=self._files, on_log=self._read_log)
            try:
                await haproxy.start(self._generation)
            except BaseException:  # also where the router is stopped meanwhile
                await haproxy.stop()
                raise
            self._haproxy = haproxy
        self._background(self._watch(haproxy))

    async def _watch(self, haproxy: Haproxy) -> None:
        """HAProxy does not end by itself; where something ended it, it comes back with the same table, however long
        that takes: another program may have its port meanwhile."""
        await haproxy.ended()
        if self._stopping:
            return
        self._haproxy = None
        await haproxy.stop()
        pause = FIRST_PAUSE
        while True:
            try:
                await self._launch()
            except RouterFailed:
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                return

    async def _reload(self) -> None:
        """Have HAProxy read the table; the caller holds the lock. Raises RouterFailed: it goes on with the old one."""
        if self._haproxy is not None:
            self._write()
            await self._haproxy.reload(self._generation)

    def _write(self) -> None:
        """Every file that HAProxy reads, for the table as it is."""
        assert self._files is not None
        assert self._binary is not None
        files, settings = self._files, self.settings
        self._generation += 1
        routes = list(self._routes.values())
        for route in routes:
            body = html.page("H12", route.pages)
            files.error_page(route.app).write_bytes(html.response(503, "Service Unavailable", body))
        files.nowhere_page.write_bytes(html.text_page(*html.NOWHERE))
        files.hosts.write_text(host_map(routes, settings))
        files.script.write_text(hold_script(files, seconds=settings.boot_seconds + 30))
        if settings.tls_port is not None:
            hosts = [settings.domain, *sorted(f"{r.app}.{settings.domain}" for r in routes), settings.address]
            pem = router_certificate(settings.state or files.folder, hosts)
            write_atomic(files.certificate, pem, mode=0o600)
        text = configuration(
            routes,
            settings=settings,
            files=files,
            features=self._binary.features,
            generation=self._generation,
        )
        write_atomic(files.configuration, text.encode(), mode=0o600)

    async def _until_answered(self, app: str | None, names: set[str]) -> None:
        """Wait until these servers have no request left, `drain_seconds` at most. HAProxy has to be asked: it tells
        nobody by itself."""
        assert self._files is not None
        deadline = self._clock.monotonic() + self.settings.drain_seconds
        with contextlib.suppress(RouterFailed):
            while self._clock.monotonic() < deadline:
                counts = await open_requests(self._files.master, app)
                if not any(count for name, count in counts.items() if name in names):
                    return
                await asyncio.sleep(_POLL_SECONDS)

    async def _forget(self, app: str, servers: tuple[Server, ...]) -> None:
        """Delete drained servers, which HAProxy allows once their idle connections are gone, and free the names."""
        deadline = self._clock.monotonic() + _DELETE_SECONDS
        left = set(servers)
        while left and self._clock.monotonic() < deadline:
            async with self._lock:
                if self._haproxy is None or app not in self._routes:
                    return
                with contextlib.suppress(RouterFailed):
                    gone = {server for server in left if await delete_server(self._admin, app, server)}
                    left -= gone
                    self._routes[app] = let_go(self._routes[app], frozenset(server.name for server in gone))
            if left:
                await asyncio.sleep(_POLL_SECONDS * 10)

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

    def _ports(self) -> list[int]:
        ports = [self.settings.port, self.settings.tls_port, *(route.port for route in self._routes.values())]
        return [port for port in ports if port is not None]

    def _check_port(self, port: int) -> None:
        """HAProxy's own refusal comes after a reload has begun, and does not say who is to do what."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.settings.address, port))
            except OSError as error:
                raise PortTaken(address=self.settings.address, port=port, reason=error.strerror or "") from error


def _private_folder(uid: int | None) -> Path:
    """0700, and owned by the data plane's user, who must reach the control socket in it."""
    for parent in (os.environ.get("XDG_RUNTIME_DIR", ""), "/run", tempfile.gettempdir()):
        if 0 < len(parent) <= _LONGEST_PARENT and os.access(parent, os.W_OK | os.X_OK):
            _sweep(Path(parent))
            folder = Path(tempfile.mkdtemp(prefix=f"slugc-router-{os.getpid()}-", dir=parent))
            if uid is not None:
                os.chown(folder, uid, uid)
            return folder
    raise RouterFailed(doing="making its run-time folder", said="No temporary folder can be written.")


def _sweep(parent: Path) -> None:
    """Remove the folders that routers left here whose process was killed. Others' are refused by their owner."""
    for folder in parent.glob("slugc-router-*-*"):
        pid = folder.name.split("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)
