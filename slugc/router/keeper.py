"""One HAProxy that stays: started with the routing table, reloaded with another, and back again when it has died."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from slugc.errors.router import PortForbidden, PortTaken, RouterFailed
from slugc.host.clock import Clock
from slugc.router import folder
from slugc.router.admin import open_requests
from slugc.router.binary import Binary, find_haproxy
from slugc.router.configuration import RuntimeFiles
from slugc.router.process import Haproxy
from slugc.router.settings import RouterSettings
from slugc.router.table import Route

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before HAProxy is started again, where the last try failed: doubled each time."""
POLL_SECONDS = 0.05


class Keeper:
    """The HAProxy of one router. Whoever changes the table or HAProxy's servers holds `lock` meanwhile."""

    def __init__(
        self,
        settings: RouterSettings,
        *,
        clock: Clock,
        routes: Callable[[], Collection[Route]],
        on_log: Callable[[bytes], None],
    ) -> None:
        """routes: the table as it is. on_log: hears whole log records."""
        self.lock = asyncio.Lock()
        self.haproxy: Haproxy | None = None
        """None before `start`, after `stop`, and from its death until it is back."""
        self.files: RuntimeFiles | None = None
        self._settings, self._clock, self._routes, self._on_log = settings, clock, routes, on_log
        self._binary: Binary | None = None
        self._generation = 0
        self._stopping = False
        self._watching: asyncio.Task[None] | None = None

    @property
    def admin(self) -> Path:
        assert self.files is not None
        return self.files.admin

    @property
    def master(self) -> Path:
        assert self.files is not None
        return self.files.master

    async def start(self, *, control: Callable[[Path], Awaitable[None]]) -> None:
        """`control` listens at the socket where HAProxy asks about an app without a server.

        Raises RouterUnavailable, PortTaken, RouterFailed."""
        self._binary = await find_haproxy()
        for port in (self._settings.port, self._settings.tls_port):
            if port is not None:
                check_port(self._settings.address, port)
        self.files = folder.make(self._settings.uid)
        await control(self.files.control)
        await self._launch()

    async def reload(self) -> None:
        """Have HAProxy read the table; the caller holds the lock. Raises RouterFailed: it goes on with the old one."""
        if self.haproxy is not None:
            self.write()
            await self.haproxy.reload(self._generation)

    def write(self) -> None:
        """The table as it is to where HAProxy will look."""
        assert self.files is not None
        assert self._binary is not None
        self._generation += 1
        folder.write(
            self.files,
            self._routes(),
            settings=self._settings,
            features=self._binary.features,
            generation=self._generation,
        )

    async def until_answered(self, app: str | None, names: Collection[str]) -> None:
        """Wait until these servers (of an app; None: of all) have no request left, `drain_seconds` at most. HAProxy
        has to be asked: it tells nobody by itself."""
        deadline = self._clock.monotonic() + self._settings.drain_seconds
        with contextlib.suppress(RouterFailed):
            while self._clock.monotonic() < deadline:
                counts = await open_requests(self.master, app)
                if not any(count for name, count in counts.items() if name in names):
                    return
                await asyncio.sleep(POLL_SECONDS)

    async def stop(self) -> None:
        """Stop accepting, let requests end, and HAProxy with them."""
        self._stopping = True
        haproxy, self.haproxy = self.haproxy, None
        if haproxy is not None:
            haproxy.stop_listening()
            await self.until_answered(None, {"BACKEND"})
            await haproxy.stop()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _launch(self) -> None:
        assert self.files is not None
        assert self._binary is not None
        async with self.lock:
            self.write()
            haproxy = Haproxy(binary=self._binary.path, files=self.files, on_log=self._on_log)
            try:
                await haproxy.start(self._generation)
            except BaseException:  # also where the router is stopped meanwhile
                await haproxy.stop()
                raise
            self.haproxy = haproxy
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        """HAProxy does not end by itself; where something ended it, it comes back with the same table, however long
        that takes: another program may have its port meanwhile."""
        while self.haproxy is not None:
            haproxy = self.haproxy
            await haproxy.ended()
            if self._stopping:
                return
            self.haproxy = None
            await haproxy.stop()
            await self._relaunch()

    async def _relaunch(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._launch()
            except (RouterFailed, OSError):  # its files could not be written, perhaps
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)


def check_port(address: str, port: int) -> None:
    """HAProxy's own refusal comes after a reload has begun, and does not say who is to do what.

    Raises PortTaken, PortForbidden."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError as error:
            raise PortForbidden(address=address, port=port) from error
        except OSError as error:
            raise PortTaken(address=address, port=port, reason=error.strerror or "") from error
