"""HTTP over a unix socket: the client half of the platform's interface, and how both halves name the socket."""

import contextlib
import http.client
import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """A name for `path` that fits the 107 bytes of a socket's address, however deep the folder lies."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class UnixConnection(http.client.HTTPConnection):
    """One connection to the server that listens at `path`."""

    def __init__(self, path: Path, *, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path
        self._wait = timeout

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._wait)
        try:
            with socket_address(self._path) as address:
                self.sock.connect(address)
        except OSError:
            self.sock.close()
            raise


def call(
    path: Path,
    method: str,
    target: str,
    body: Mapping[str, Any] | None = None,
    *,
    timeout: float | None = None,
) -> tuple[int, Any]:
    """One request: (status, the answer's JSON). Raises OSError where nobody answers."""
    with contextlib.closing(UnixConnection(path, timeout=timeout)) as connection:
        answer = _begin(connection, method, target, body, accept="application/json")
        text = answer.read()
        return answer.status, json.loads(text) if text else None


@contextlib.contextmanager
def lines(
    path: Path, method: str, target: str, body: Mapping[str, Any] | None = None
) -> Iterator[tuple[int, Iterator[bytes]]]:
    """One request whose answer comes line by line: (status, the lines without their ends)."""
    with contextlib.closing(UnixConnection(path, timeout=None)) as connection:
        answer = _begin(connection, method, target, body, accept="application/x-ndjson")
        yield answer.status, (line.rstrip(b"\n") for line in answer)


def _begin(
    connection: UnixConnection, method: str, target: str, body: Mapping[str, Any] | None, *, accept: str
) -> http.client.HTTPResponse:
    headers = {"Accept": accept, "Content-Type": "application/json"}
    connection.request(method, target, None if body is None else json.dumps(body).encode(), headers)
    return connection.getresponse()
