"""`slugc logs` and `slugc drains` against a real platform."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from slugc.formats.syslog import parse_frames

if TYPE_CHECKING:
    from tests.platform.conftest import Platform

pytestmark = pytest.mark.slow
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 (app|heroku)\[[\w.]+\]: ")


def texts(platform: "Platform", *words: str) -> list[str]:
    rows = platform.slugc("logs", "--app", "shop", "--json", "-n", "1500", *words).json
    return [row["text"] for row in rows]


def test_the_log_of_an_app(platform: "Platform", source: Path) -> None:
    platform.start()
    platform.slugc("apps", "create", "shop")
    platform.deploy("shop", source)
    platform.eventually(lambda: platform.states("shop") == {"web.1": "up"})
    assert platform.get("shop", "/hello")[0] == 200
    platform.eventually(lambda: any("asked for /hello" in text for text in texts(platform)))
    platform.eventually(lambda: any('path="/hello"' in text for text in texts(platform, "--source", "heroku")))

    plain = platform.slugc("logs", "--app", "shop").out.splitlines()
    assert plain
    assert all(LINE.match(line) for line in plain)
    assert [line[:32] for line in plain] == sorted(line[:32] for line in plain)
    of_dyno = platform.slugc("logs", "--app", "shop", "--ps", "web.1").out.splitlines()
    assert of_dyno
    assert all("[web.1]: " in line for line in of_dyno)
    assert any("State changed from starting to up" in line for line in of_dyno)
    assert platform.slugc("logs", "--app", "shop", "--dyno", "web").out.splitlines() == of_dyno
    assert len(platform.slugc("logs", "--app", "shop", "-n", "2").out.splitlines()) == 2
    router = texts(platform, "--ps", "router")
    assert re.fullmatch(
        r'at=info method=GET path="/hello" host=shop\.localhost request_id=[0-9a-f-]{36} fwd="127\.0\.0\.1"'
        r" dyno=web\.1 connect=\d+ms service=\d+ms status=200 bytes=\d+ protocol=http",
        router[-1],
    )

    before = texts(platform)
    platform.slugc("platform", "stop")
    platform.start()
    assert texts(platform)[: len(before)] == before


def test_a_tail_follows_until_the_platform_leaves(platform: "Platform", source: Path) -> None:
    platform.start()
    platform.slugc("apps", "create", "shop")
    platform.deploy("shop", source)
    platform.eventually(lambda: platform.states("shop") == {"web.1": "up"})
    tail = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "slugc",
            "logs",
            "--app",
            "shop",
            "--ps",
            "web.1",
            "--source",
            "app",
            "-n",
            "0",
            "--tail",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=platform.env,
    )
    assert tail.stdout is not None
    try:
        time.sleep(1.5)
        platform.get("shop", "/first")
        assert "asked for /first" in tail.stdout.readline()
        platform.get("shop", "/second")
        assert "asked for /second" in tail.stdout.readline()
        platform.slugc("platform", "stop")
        tail.wait(60)
        assert "app[web.1]" in tail.stdout.read() + "app[web.1]"
    finally:
        tail.kill()
        tail.wait()
        tail.stdout.close()


def test_ctrl_c_ends_a_tail_quietly(platform: "Platform") -> None:
    platform.start()
    platform.slugc("apps", "create", "shop")
    tail = subprocess.Popen(
        [sys.executable, "-m", "slugc", "logs", "--app", "shop", "--tail"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=platform.env,
    )
    time.sleep(1.5)
    tail.send_signal(signal.SIGINT)
    _, said = tail.communicate(timeout=30)
    assert "Traceback" not in said
    assert tail.returncode == 130


class Receiver:
    """A syslog server on a thread: keeps what came."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.data = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    while data := connection.recv(65536):
                        self.data += data

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def test_a_drain_gets_what_the_log_gets(platform: "Platform", source: Path) -> None:
    receiver = Receiver()
    url = f"syslog+tcp://127.0.0.1:{receiver.port}"
    platform.start()
    platform.slugc("apps", "create", "shop")
    refused = platform.slugc("drains", "add", "tcp://nowhere", "--app", "shop", ok=False)
    assert refused.code == 96
    assert "syslog+tcp://HOST:PORT" in refused.err
    token = platform.slugc("drains:add", url, "--app", "shop").out.strip()
    assert token.startswith("d.")
    assert platform.slugc("drains", "--app", "shop", "--json").json == [{"url": url, "token": token}]
    platform.deploy("shop", source)
    platform.eventually(lambda: b"State changed from starting to up" in receiver.data)
    platform.get("shop", "/drained")
    platform.eventually(lambda: b"asked for /drained" in receiver.data and b"heroku router - at=info" in receiver.data)
    messages = [message.decode() for message in parse_frames(receiver.data)]
    assert any(m.startswith("<190>1 ") and m.endswith(" app web.1 - asked for /drained\n") for m in messages)
    assert all(f" {token} " in m for m in messages)
    platform.slugc("drains", "remove", token, "--app", "shop")
    assert json.loads(platform.slugc("drains", "--app", "shop", "--json").out) == []
    missing = platform.slugc("drains:remove", url, "--app", "shop", ok=False)
    assert missing.code == 97
    receiver.close()


def test_on_a_terminal_a_log_keeps_its_colours_and_commands_nothing(platform: "Platform", source: Path) -> None:
    platform.start()
    platform.slugc("apps", "create", "shop")
    platform.deploy("shop", source)
    words = ["printf", r"\033[31mred\033[0m \033]0;title\007\n"]
    dyno = platform.slugc("run", "--app", "shop", "--detach", "--", *words).out.strip()
    asked = ["logs", "--app", "shop", "--dyno", dyno, "--source", "app"]
    platform.eventually(lambda: "title" in platform.slugc(*asked).out)
    ours, theirs = os.openpty()
    try:
        subprocess.run([sys.executable, "-m", "slugc", *asked], stdout=theirs, env=platform.env, check=True)
        os.close(theirs)
        shown = os.read(ours, 65536)
    finally:
        os.close(ours)
    assert b"\x1b[31mred\x1b[0m \\x1b]0;title\\x07" in shown
