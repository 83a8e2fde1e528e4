"""One drain's task: takes what waits in its backlog and delivers it, again and again, whatever the receiver does.

A batch that met a broken connection is sent again, so a receiver may see lines twice but does not miss any that
the backlog could hold.
"""

import asyncio
import contextlib
import ssl
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from slugc.formats.logplex import HOST, headers
from slugc.formats.syslog import frame
from slugc.logs.chunks import Chunk, chunk
from slugc.logs.drain import Drain, DrainSettings
from slugc.logs.queue import Backlog

if TYPE_CHECKING:
    import httpx

BATCH_BYTES = 102_400
RETRIES = 2
_FINAL = range(400, 500)
_TOO_MANY = 429


async def deliver(drain: Drain, backlog: Backlog, *, settings: DrainSettings, now: Callable[[], bytes]) -> None:
    """Runs until the backlog is closed and empty, or it is cancelled."""
    if drain.url.startswith("syslog"):
        await _Syslog(drain, backlog, settings, now).run()
    else:
        await _Posts(drain, backlog, settings, now).run()


def frames(chunks: list[Chunk], host: bytes) -> list[bytes]:
    """Logplex frames, one a line."""
    return [
        frame(at=entry.at, host=host, source=entry.source, dyno=entry.dyno, text=message)
        for entry in chunks
        for message in entry.messages()
    ]


def overflow(now: bytes, count: int, since: bytes) -> Chunk:
    """The notice that takes the place of lost lines."""
    text = f"Error L10 (output buffer overflow): {count} messages dropped since {since.decode()}."
    return chunk(now, "heroku", "logplex", text.encode() + b"\n")


class _Syslog:
    """syslog+tcp and syslog+tls: one connection that is kept, and made again with growing pauses."""

    def __init__(self, drain: Drain, backlog: Backlog, settings: DrainSettings, now: Callable[[], bytes]) -> None:
        self._backlog, self._settings, self._now = backlog, settings, now
        self._host = drain.token.encode()
        self._address = urlsplit(drain.url)
        self._tls = self._address.scheme == "syslog+tls"

    async def run(self) -> None:
        pause = self._settings.first_pause
        while not (self._backlog.closed and self._backlog.empty):
            await self._backlog.filled()
            try:
                async with asyncio.timeout(self._settings.connect_seconds):
                    reader, writer = await self._connect()
            except (OSError, TimeoutError, UnicodeError):  # the last of a name that no resolver takes
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._settings.longest_pause)
                continue
            if await self._send_all(reader, writer):
                pause = self._settings.first_pause
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._settings.longest_pause)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._address.hostname, self._address.port
        context = ssl.create_default_context() if self._tls else None
        return await asyncio.open_connection(host, port, ssl=context)

    async def _send_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Until the connection breaks or nothing is to come. True where at least one batch went out."""
        # The first write into a connection that the other side closed succeeds and is lost: so watch it.
        hung_up = asyncio.create_task(_until_closed(reader))
        sent = False
        try:
            while True:
                batch = await self._taken(hung_up)
                if batch is None:
                    return sent
                if not batch:
                    return True
                if hung_up.done() or not await self._send(writer, batch):
                    self._backlog.give_back(batch)
                    return sent
                sent = True
        finally:
            await _cancelled(hung_up)
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()

    async def _taken(self, hung_up: asyncio.Task[None]) -> list[Chunk] | None:
        """What comes next; empty at the end, None where the receiver hangs up before. Nothing goes on waiting for
        lines of a drain that is removed meanwhile."""
        take = asyncio.create_task(self._backlog.take(BATCH_BYTES))
        try:
            await asyncio.wait({take, hung_up}, return_when=asyncio.FIRST_COMPLETED)
            return take.result() if take.done() else None
        finally:
            await _cancelled(take)

    async def _send(self, writer: asyncio.StreamWriter, batch: list[Chunk]) -> bool:
        lost = self._backlog.losses()
        notices = [overflow(self._now(), *lost)] if lost else []
        try:
            writer.write(b"".join(frames([*notices, *batch], self._host)))
            await writer.drain()
        except OSError:
            self._backlog.still_lost(lost)
            return False
        return True


class _Posts:
    """https (and http): batches as POSTs, each tried three times; what is refused by a 4xx is gone."""

    def __init__(self, drain: Drain, backlog: Backlog, settings: DrainSettings, now: Callable[[], bytes]) -> None:
        self._drain, self._backlog, self._settings, self._now = drain, backlog, settings, now

    async def run(self) -> None:
        import httpx  # 100 ms that a platform without drains need not pay

        limits = httpx.Timeout(self._settings.request_seconds, connect=self._settings.connect_seconds)
        async with httpx.AsyncClient(timeout=limits) as client:
            while batch := await self._backlog.take(BATCH_BYTES):
                lost = self._backlog.losses()
                notices = [overflow(self._now(), *lost)] if lost else []
                if not await self._post(client, [*notices, *batch]):
                    self._backlog.lose(batch)
                    self._backlog.still_lost(lost)

    async def _post(self, client: "httpx.AsyncClient", batch: list[Chunk]) -> bool:
        import httpx

        messages = frames(batch, HOST)
        fields = headers(count=len(messages), frame_id=uuid.uuid4().hex, token=self._drain.token)
        pause = self._settings.first_pause
        for attempt in range(RETRIES + 1):
            if attempt:
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._settings.longest_pause)
            try:
                answer = await client.post(self._drain.url, content=b"".join(messages), headers=fields)
            except (httpx.HTTPError, httpx.InvalidURL):
                continue
            if answer.is_success:
                return True
            if answer.status_code in _FINAL and answer.status_code != _TOO_MANY:
                return False
        return False


async def _until_closed(reader: asyncio.StreamReader) -> None:
    """Receivers have nothing to say: whatever they send is read and forgotten."""
    with contextlib.suppress(OSError):
        while await reader.read(4096):
            pass


async def _cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
