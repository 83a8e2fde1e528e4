"""Drains against real receivers: slow ones, broken ones, ones that refuse."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slugc.formats.syslog import parse_frames
from slugc.logs.drain import DrainSettings
from slugc.logs.hub import LogHub
from slugc.router.certificates import authority_file, router_certificate

pytestmark = pytest.mark.slow
FAST = DrainSettings(first_pause=0.05, longest_pause=0.2, connect_seconds=2.0, request_seconds=2.0, flush_seconds=5.0)


def run(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scene())  # type: ignore[arg-type]


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1200):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never happened")


class Sink:
    """A TCP receiver that can be told to stop reading, or to hang up."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.lines = 0
        self.reads = asyncio.Event()
        self.reads.set()
        self.connections: list[asyncio.StreamWriter] = []

    @property
    def texts(self) -> list[str]:
        return [m.decode().split(" - ", 1)[1].rstrip("\n") for m in parse_frames(bytes(self.data))]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        with contextlib.suppress(OSError):
            while True:
                await self.reads.wait()
                data = await reader.read(65536)
                if not data:
                    break
                self.data += data
                self.lines += data.count(b"\n")
        writer.close()

    @contextlib.asynccontextmanager
    async def listening(self, port: int = 0, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", port, ssl=context, limit=65536)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for writer in self.connections:
                writer.close()
            await server.wait_closed()


def test_a_receiver_that_comes_late_gets_everything(tmp_path: Path) -> None:
    async def scene() -> None:
        sink = Sink()
        async with sink.listening() as port:
            pass
        hub = LogHub(tmp_path, drains=FAST)
        hub.add_drain(f"syslog+tcp://127.0.0.1:{port}")
        for n in range(50):
            hub.write("app", "web.1", b"line %d\n" % n)
        await asyncio.sleep(0.3)
        async with sink.listening(port):
            await until(lambda: sink.data.count(b"\n") >= 50)
            assert sink.texts == [f"line {n}" for n in range(50)]
            await hub.close()

    run(scene)


def test_a_receiver_that_hangs_up_is_called_again(tmp_path: Path) -> None:
    async def scene() -> None:
        sink = Sink()
        async with sink.listening() as port:
            hub = LogHub(tmp_path, drains=FAST)
            hub.add_drain(f"syslog+tcp://127.0.0.1:{port}")
            hub.write("app", "web.1", b"before\n")
            await until(lambda: b"before" in sink.data)
            sink.connections[0].transport.abort()
            await asyncio.sleep(0.3)
            hub.write("app", "web.1", b"after\n")
            await until(lambda: b"after" in sink.data)
            assert sink.texts == ["before", "after"]
            await hub.close()

    run(scene)


def test_a_receiver_that_does_not_read_costs_its_own_lines_only(tmp_path: Path) -> None:
    async def scene() -> None:
        slow, quick = Sink(), Sink()
        settings = DrainSettings(lines=500, first_pause=0.05, flush_seconds=5.0)
        async with slow.listening() as slow_port, quick.listening() as quick_port:
            hub = LogHub(tmp_path, drains=settings)
            slow.reads.clear()
            hub.add_drain(f"syslog+tcp://127.0.0.1:{slow_port}")
            hub.add_drain(f"syslog+tcp://127.0.0.1:{quick_port}")
            block = b"".join(b"%05d " % n + b"x" * 9000 + b"\n" for n in range(100))
            longest = 0.0
            for n in range(30):
                began = time.monotonic()
                hub.write("app", "web.1", block)
                longest = max(longest, time.monotonic() - began)
                await until(lambda count=(n + 1) * 100: quick.lines >= count)
            assert longest < 1.0
            slow.reads.set()
            await until(lambda: b"Error L10" in slow.data)
            hub.event("heroku", "web.1", "the end")
            await until(lambda: slow.data.endswith(b"the end\n"))
            await hub.close()
            notice = next(text for text in slow.texts if text.startswith("Error L10"))
            dropped = int(notice.split(": ")[1].split()[0])
            lines = [text for text in slow.texts if text.endswith("x")]
            assert len(lines) + dropped == 3000
            assert not any(text.startswith("Error") for text in quick.texts)

    run(scene)


def test_tls_with_a_trusted_certificate_and_not_with_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = tmp_path / "server.pem"
    pem.write_bytes(router_certificate(tmp_path, ["localhost", "127.0.0.1"], now=datetime.now(UTC)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async def scene() -> None:
        sink = Sink()
        async with sink.listening(context=context) as port:
            hub = LogHub(tmp_path / "untrusting", drains=FAST)
            hub.add_drain(f"syslog+tls://localhost:{port}")
            hub.write("app", "web.1", b"secret\n")
            await asyncio.sleep(0.5)
            assert sink.data == b""
            monkeypatch.setenv("SSL_CERT_FILE", str(authority_file(tmp_path)))
            await until(lambda: sink.data.endswith(b"secret\n"))
            await hub.close()

    run(scene)


class Posts:
    """An HTTP receiver that answers with the given statuses, one after another, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.heads: list[str] = []
        self.bodies: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    int(x.split(":")[1]) for x in head.split("\r\n") if x.lower().startswith("content-length")
                )
                self.bodies.append(await reader.readexactly(length))
                self.heads.append(head)
                status = self.statuses.pop(0) if self.statuses else 200
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)
        writer.close()

    def header(self, index: int, name: str) -> str:
        rows = (row.partition(": ") for row in self.heads[index].split("\r\n"))
        return next(value for key, _, value in rows if key.lower() == name)


@contextlib.asynccontextmanager
async def posting(tmp_path: Path, *statuses: int) -> AsyncIterator[tuple[LogHub, Posts]]:
    posts = Posts(*statuses)
    server = await asyncio.start_server(posts.serve, "127.0.0.1", 0)
    hub = LogHub(tmp_path, drains=FAST)
    hub.add_drain(f"http://user:secret@127.0.0.1:{server.sockets[0].getsockname()[1]}/logs")
    try:
        yield hub, posts
    finally:
        await hub.close()
        server.close()
        await server.wait_closed()


def test_a_post_carries_logplex_frames(tmp_path: Path) -> None:
    async def scene() -> None:
        async with posting(tmp_path) as (hub, posts):
            hub.write("app", "web.1", b"one\ntwo\n")
            await until(lambda: len(posts.bodies) == 1)
            assert posts.header(0, "content-type") == "application/logplex-1"
            assert posts.header(0, "logplex-msg-count") == "2"
            assert len(posts.header(0, "logplex-frame-id")) == 32
            assert posts.header(0, "logplex-drain-token") == hub.drains[0].token
            assert posts.header(0, "authorization").startswith("Basic ")
            assert [m.split(b" ", 2)[2] for m in parse_frames(posts.bodies[0])] == [
                b"host app web.1 - one\n",
                b"host app web.1 - two\n",
            ]

    run(scene)


def test_a_receiver_in_trouble_gets_the_same_batch_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with posting(tmp_path, 503, 429) as (hub, posts):
            hub.write("app", "web.1", b"one\n")
            await until(lambda: len(posts.bodies) == 3)
            assert len(set(posts.bodies)) == 1
            assert len({posts.header(n, "logplex-frame-id") for n in range(3)}) == 1

    run(scene)


def test_a_batch_that_is_refused_is_gone_and_counted(tmp_path: Path) -> None:
    async def scene() -> None:
        async with posting(tmp_path, 400) as (hub, posts):
            hub.write("app", "web.1", b"one\ntwo\n")
            await until(lambda: len(posts.bodies) == 1)
            await asyncio.sleep(0.3)
            hub.write("app", "web.1", b"three\n")
            await until(lambda: len(posts.bodies) == 2)
            assert b"Error L10 (output buffer overflow): 2 messages dropped since" in posts.bodies[1]
            assert b"three" in posts.bodies[1]

    run(scene)


def test_what_was_lost_before_a_batch_that_is_lost_too_is_counted_with_it(tmp_path: Path) -> None:
    async def scene() -> None:
        async with posting(tmp_path, 400, 400) as (hub, posts):
            for n, block in enumerate((b"one\ntwo\n", b"three\n", b"four\n"), start=1):
                hub.write("app", "web.1", block)
                await until(lambda count=n: len(posts.bodies) == count)  # type: ignore[misc]
                await asyncio.sleep(0.3)
            assert b"Error L10 (output buffer overflow): 3 messages dropped since" in posts.bodies[2]

    run(scene)
