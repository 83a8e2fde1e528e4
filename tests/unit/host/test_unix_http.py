"""HTTP over a unix socket, however deep its folder lies."""

import socket
import threading
from pathlib import Path

import pytest

from slugc.host.unix_http import call, lines, socket_address


def answering(path: Path, answer: bytes) -> "tuple[threading.Thread, list[bytes]]":
    listener = socket.socket(socket.AF_UNIX)
    with socket_address(path) as address:
        listener.bind(address)
    listener.listen()
    heard: list[bytes] = []

    def serve() -> None:
        with listener:
            peer, _ = listener.accept()
            with peer:
                request = peer.recv(65536)
                while request.startswith(b"POST") and not request.endswith(b"}"):
                    request += peer.recv(65536)
                heard.append(request)
                peer.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread, heard


def test_a_socket_below_a_very_deep_folder_can_be_used(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["a-rather-long-name"] * 10)
    folder.mkdir(parents=True)
    answer = b'HTTP/1.1 201 Created\r\ncontent-length: 8\r\n\r\n{"a": 1}'
    thread, heard = answering(folder / "platform.sock", answer)
    assert call(folder / "platform.sock", "POST", "/apps", {"name": "x"}) == (201, {"a": 1})
    thread.join()
    assert heard[0].startswith(b"POST /apps HTTP/1.1\r\n")


def test_lines_come_one_by_one(tmp_path: Path) -> None:
    thread, _ = answering(tmp_path / "s", b"HTTP/1.0 200 OK\r\n\r\none\ntwo\n")
    with lines(tmp_path / "s", "GET", "/") as (status, found):
        assert (status, list(found)) == (200, [b"one", b"two"])
    thread.join()


def test_nobody_there_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        call(tmp_path / "none", "GET", "/")
