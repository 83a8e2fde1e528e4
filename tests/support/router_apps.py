"""Small real apps that misbehave in one way each, on threads of the test's own process, and a router before them."""

import asyncio
import contextlib
import http.client
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from slugc.model.dyno import DynoName
from slugc.model.route import AppPages, AppState
from slugc.router.plane import RouterPlane
from slugc.router.settings import RouterSettings

Behaviour = Callable[[socket.socket, bytes], None]
WEB_1, WEB_2 = DynoName("web", 1), DynoName("web", 2)


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return b""
        head += piece
    return head


def answer(body: bytes, *, status: str = "200 OK", extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status.encode(), len(body), extra) + body


def hello(connection: socket.socket, head: bytes) -> None:
    connection.sendall(answer(b"Hello, world!"))


def mirror(connection: socket.socket, head: bytes) -> None:
    """Sends back what it was asked."""
    connection.sendall(answer(head))


def silent(connection: socket.socket, head: bytes) -> None:
    time.sleep(8)


def hang_up(connection: socket.socket, head: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def stall(connection: socket.socket, head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe first bytes")
    time.sleep(8)


def break_off(connection: socket.socket, head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe first bytes")
    time.sleep(0.2)
    hang_up(connection, head)


def rubbish(connection: socket.socket, head: bytes) -> None:
    connection.sendall(b"this is not HTTP\r\n\r\n")


def slowly(connection: socket.socket, head: bytes) -> None:
    time.sleep(1.0)
    connection.sendall(answer(b"done"))


@contextlib.contextmanager
def served(behaviour: Behaviour) -> Iterator[int]:
    """The port of an app that treats every request so, until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    live: set[socket.socket] = set()

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while head := read_head(connection):
                behaviour(connection, head)
        live.discard(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                live.add(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in list(live):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str
    seconds: float


@dataclass
class Scene:
    """A running router with one app, `demo`, and the lines it logged."""

    plane: RouterPlane
    port: int
    lines: list[str]

    async def get(self, path: str = "/", *, method: str = "GET", **headers: str) -> Answer:
        return await asyncio.to_thread(self._get, path, method, headers)

    def _get(self, path: str, method: str, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        began = time.monotonic()
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers={"Host": "demo.localhost", **names})
            response = connection.getresponse()
            body = response.read().decode()
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, fields, body, time.monotonic() - began)
        finally:
            connection.close()

    async def line(self, *, after: int = 0) -> str:
        """The next log line, without the values that differ from run to run."""
        for _ in range(600):
            if len(self.lines) > after:
                return self.lines[after]
            await asyncio.sleep(0.05)
        raise AssertionError(self.lines)


@contextlib.asynccontextmanager
async def routed(
    tmp_path: Path,
    dynos: dict[DynoName, int] | None = None,
    *,
    state: AppState = AppState.UP,
    pages: AppPages | None = None,
    **settings: object,
) -> AsyncIterator[Scene]:
    short = {
        "connect_seconds": 1.0,
        "first_byte_seconds": 2.0,
        "idle_seconds": 2.0,
        "boot_seconds": 2.0,
        "drain_seconds": 10.0,
        "threads": 1,
        "state": tmp_path,
    }
    port = free_port()
    plane = RouterPlane(RouterSettings(port=port, **{**short, **settings}))  # type: ignore[arg-type]
    lines: list[str] = []
    plane.on_lines = lambda _app, late: lines.extend(late.text().decode().splitlines())
    await plane.add_app("demo", pages=pages)
    await plane.start()
    try:
        await plane.set_dynos("demo", dynos or {})
        await plane.set_state("demo", state)
        yield Scene(plane=plane, port=port, lines=lines)
    finally:
        await plane.stop()
