"""Requests that wait: the control socket where HAProxy asks about an app that has no server at the moment."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from slugc.router.failures import FAILURES, Failure, Wait, verdict
from slugc.router.pages import page
from slugc.router.protocol import OnWake
from slugc.router.settings import RouterSettings
from slugc.router.table import Route


class Holding:
    """Answers each waiting request once its app's route tells what to do with it."""

    def __init__(self, *, settings: RouterSettings, route_of: Callable[[str], Route | None]) -> None:
        self.on_wake: OnWake | None = None
        self._settings = settings
        self._route_of = route_of
        self._changed: dict[str, asyncio.Event] = {}
        self._waiting: dict[str, int] = {}
        self._waking: dict[str, asyncio.Task[bool]] = {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def listen(self, path: Path) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(path), backlog=1024)
        os.chmod(path, 0o600)  # noqa: PTH101 - a socket in a folder of our own: nothing blocks
        if self._settings.uid is not None:
            os.chown(path, self._settings.uid, self._settings.uid)

    async def close(self) -> None:
        for task in self._waking.values():
            task.cancel()
        for writer in list(self._open):
            writer.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def changed(self, app: str) -> None:
        """The app's route is another now: whoever waits looks again."""
        event = self._changed.pop(app, None)
        if event is not None:
            event.set()

    def waiting(self, app: str) -> int:
        return self._waiting.get(app, 0)

    async def answer(self, app: str) -> Failure | None:
        """None: a dyno is there, go on. Waits up to `boot_seconds` where one may come."""
        if self._waiting.get(app, 0) >= self._settings.backlog:
            return FAILURES["H11"]
        self._waiting[app] = self._waiting.get(app, 0) + 1
        try:
            async with asyncio.timeout(self._settings.boot_seconds):
                return await self._wait(app)
        except TimeoutError:
            return FAILURES["H20"]
        finally:
            self._waiting[app] -= 1

    async def _wait(self, app: str) -> Failure | None:
        while True:
            route = self._route_of(app)
            if route is None:
                return FAILURES["H99"]
            found = verdict(state=route.state, maintenance=route.maintenance, dynos=len(route.servers))
            if isinstance(found, Failure):
                return found
            if found is Wait.GO:
                return None
            event = self._changed.setdefault(app, asyncio.Event())
            if found is Wait.WAKE and not await self._wake(app):
                return FAILURES["H10"]
            await event.wait()

    async def _wake(self, app: str) -> bool:
        """One call of the hook for all requests that wait. An exception of it is a platform error."""
        if self.on_wake is None:
            return True
        task = self._waking.get(app)
        if task is None:
            task = asyncio.ensure_future(self.on_wake(app))
            self._waking[app] = task
            task.add_done_callback(lambda _: self._waking.pop(app, None))
        return await asyncio.shield(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            app = (await reader.readline()).decode("ascii", "replace").strip()
            gone = asyncio.ensure_future(reader.read(1))
            answer = asyncio.ensure_future(self.answer(app))
            # A client that hung up is not waited for: its place in the backlog is free.
            await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if not answer.done():
                answer.cancel()
                return
            writer.write(self._reply(app, answer))
            await writer.drain()
        except (ConnectionError, ValueError):
            pass  # HAProxy went away, or sent more than a name
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def _reply(self, app: str, answer: "asyncio.Task[Failure | None]") -> bytes:
        failure = FAILURES["H99"] if answer.exception() is not None else answer.result()
        if failure is None:
            return b"go\n"
        route = self._route_of(app)
        body = page(failure.code, route.pages) if route is not None else b""
        return f"{failure.code} {len(body)}\n".encode() + body
