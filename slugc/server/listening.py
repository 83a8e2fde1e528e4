"""The socket of the platform: who may speak on it, and the server behind it."""

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from slugc.errors.platform import PlatformOfAnotherUser
from slugc.host.unix_http import socket_address
from slugc.server.requests import error_row

BACKLOG = 256
_CREDENTIALS = struct.Struct("=iII")
"""struct ucred of socket.h: pid, uid, gid. Directories of companies hand out uids beyond a signed number."""
REFUSAL_SECONDS = 5.0
_REFUSAL = (
    b"HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
)
_REFUSED = json.dumps(error_row(PlatformOfAnotherUser())).encode()


def listen(path: Path) -> socket.socket:
    """A listening socket at `path`, 0600 from its first moment. A stale one of a killed platform is replaced:
    the caller owns the folder's lock."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with socket_address(path) as address:
            listener.bind(address)
    finally:
        os.umask(before)
    listener.listen(BACKLOG)
    return listener


def peer_uid(connection: Any) -> int:
    """The user at the other end, as the kernel knows it."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[1])


class OwnersProtocol(H11Protocol):
    """Talks to the platform's own user and to root; whoever else gets through the folder's modes is refused."""

    _refused: Any = None

    def connection_made(self, transport: Any) -> None:
        uid = peer_uid(transport.get_extra_info("socket"))
        if uid not in (os.geteuid(), 0):
            self._refused = transport
            transport.write(_REFUSAL % (len(_REFUSED), _REFUSED))
            # Closed at once, a client that is about to ask would get a broken pipe and never read why.
            asyncio.get_running_loop().call_later(REFUSAL_SECONDS, transport.close)
            return
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._refused is not None:
            self._refused.close()
            return
        super().data_received(data)


class QuietServer(Server):
    """Leaves signals to the platform, and says when it listens."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Interface:
    """The HTTP interface of one platform on its socket."""

    def __init__(self, application: Starlette, listener: socket.socket) -> None:
        config = Config(
            application,
            http=OwnersProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        self._server = QuietServer(config)
        self._listener = listener
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]))
        await self._server.listens.wait()

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task
