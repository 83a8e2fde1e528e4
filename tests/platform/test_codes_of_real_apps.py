"""Every H- and R-code that an app can earn, earned by a real app in real dynos behind the real router: the lines that
`slugc logs` shows."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from slugc.dynos.settings import DynoSettings
from slugc.host.clock import SystemClock
from slugc.host.home import Home
from slugc.hosting.app import HostedApp
from slugc.hosting.fleet import Fleet
from slugc.platform import PlatformOptions, running
from slugc.router.settings import RouterSettings

if TYPE_CHECKING:
    from tests.platform.conftest import Platform

pytestmark = pytest.mark.slow
SERVER = """
import os, signal, socket, sys, threading, time
mode = os.environ.get("MODE", "")
if mode == "crash":
    sys.exit("no")
if mode == "mute":
    time.sleep(600)
if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
port = int(os.environ["PORT"])
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", port))
listener.listen(0 if mode == "deaf" else 100)
if mode == "deaf":
    # A full accept queue: the kernel leaves further connections unanswered.
    clients = [socket.socket() for _ in range(4)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))
    time.sleep(600)

def serve(connection):
    head = b""
    while b"\\r\\n\\r\\n" not in head:
        part = connection.recv(65536)
        if not part:
            return connection.close()
        head += part
    path = head.split()[1].decode()
    if path == "/silent":
        time.sleep(60)
    elif path == "/stall":
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nfirst bytes")
        time.sleep(60)
    elif path == "/break":
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nfirst bytes")
        time.sleep(0.2)
    elif path == "/late":
        time.sleep(1)
    elif path == "/deafen":
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    elif path == "/hog":
        kept = []
        while True:
            kept.append(b"x" * (40 << 20))
            time.sleep(0.1)
    if path not in ("/hangup", "/break"):
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
    connection.close()

try:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
except OSError:
    time.sleep(600)
"""
WHO = 'method=GET path="{path}" host=demo.localhost request_id=ID fwd="127.0.0.1" dyno={dyno}'
TIMED = "connect=Tms service=Tms"
UNTIMED = "connect= service="


def scrubbed(line: str) -> str:
    line = re.sub(r"request_id=[0-9a-f-]{36}", "request_id=ID", line)
    return re.sub(r"bytes=[1-9]\d*", "bytes=N", re.sub(r"(connect|service)=\d+ms", r"\1=Tms", line))


@dataclass
class Stand:
    fleet: Fleet
    app: HostedApp
    port: int
    slug: str

    async def deploy(self) -> None:
        await self.fleet.deploy("demo", self.slug, commit=None, description=None)

    async def state(self, wanted: str) -> None:
        def is_so() -> bool:
            return {row.name: str(row.state) for row in self.app.supervisor.snapshot()} == {"web.1": wanted}

        await asyncio.wait_for(self.app.supervisor.until(is_so), 60)

    async def ask(self, path: str, *, leave_after: float = 60.0) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: demo.localhost\r\nConnection: close\r\n\r\n".encode())
        try:
            return await asyncio.wait_for(reader.read(), leave_after)
        except TimeoutError:
            return b""
        finally:
            writer.close()

    async def router_line(self, code: str) -> str:
        return await self.line(lambda line: "heroku[router]" in line and f"code={code} " in line)

    async def line(self, wanted: Callable[[str], bool]) -> str:
        for _ in range(1200):
            for line in self.log():
                if wanted(line):
                    return scrubbed(line.partition(": ")[2])
            await asyncio.sleep(0.05)
        raise AssertionError("\n".join(self.log()))

    def log(self) -> list[str]:
        return b"".join(entry.text for entry in self.app.hub.last(1500)).decode().splitlines()


@pytest.fixture
def slug(platform: "Platform", tmp_path: Path, app_in: Callable[..., Path]) -> str:
    source = app_in(tmp_path, procfile="web: exec python3 server.py\n", **{"server.py": SERVER})
    out = platform.slugc("build", str(source), "--buildpack", str(source.parent / "plain"), "--json").out
    found = re.search(r'"digest": ?"([0-9a-f]{64})"', out)
    assert found, out
    return found[1]


def played(
    platform: "Platform",
    slug: str,
    scene: Callable[[Stand], Awaitable[None]],
    *,
    dynos: Mapping[str, object] | None = None,
    boot_seconds: float = 30.0,
) -> None:
    @contextlib.asynccontextmanager
    async def stand() -> AsyncIterator[Stand]:
        settings = {"grace": 2.0, "drain": 0.5, "crash_delays": (600.0,), "memory_every": 0.1, **(dynos or {})}
        options = PlatformOptions(
            port=platform.port,
            dynos=DynoSettings(**settings),  # type: ignore[arg-type]
            router=RouterSettings(
                connect_seconds=0.5,
                first_byte_seconds=2.0,
                idle_seconds=2.0,
                boot_seconds=boot_seconds,
                drain_seconds=1.0,
                retries=1,
                threads=1,
            ),
        )
        async with running(Home(platform.home), options, clock=SystemClock()) as (fleet, _):
            await fleet.create_app("demo")
            yield Stand(fleet, fleet.app("demo"), platform.port, slug)

    async def play() -> None:
        async with stand() as there:
            await scene(there)

    asyncio.run(play())


def test_what_a_running_app_does_wrong_with_a_request(platform: "Platform", slug: str) -> None:
    async def scene(there: Stand) -> None:
        assert b"503" in (await there.ask("/blank")).split(b"\r\n")[0]
        await there.deploy()
        await there.state("up")
        await asyncio.gather(*(there.ask(path) for path in ("/silent", "/hangup", "/stall", "/break")))
        await there.ask("/late", leave_after=0.3)
        await there.router_line("H27")
        await there.app.set_maintenance(on=True)
        await there.ask("/closed")
        await there.app.set_maintenance(on=False)
        await there.ask("/deafen")
        await there.ask("/refused")
        await there.app.scale(["web=0"])
        await there.ask("/nobody")
        expected = {
            "H81": ('at=info code=H81 desc="Blank app"', "/blank", "", UNTIMED, "503 bytes="),
            "H12": ('at=error code=H12 desc="Request timeout"', "/silent", "web.1", TIMED, "503 bytes=0"),
            "H13": (
                'at=error code=H13 desc="Connection closed without response"',
                "/hangup",
                "web.1",
                TIMED,
                "503 bytes=0",
            ),
            "H15": ('at=error code=H15 desc="Idle connection"', "/stall", "web.1", TIMED, "503 bytes=N"),
            "H18": (
                'sock=backend at=error code=H18 desc="Server Request Interrupted"',
                "/break",
                "web.1",
                TIMED,
                "503 bytes=N",
            ),
            "H27": (
                'sock=client at=warning code=H27 desc="Client Request Interrupted"',
                "/late",
                "web.1",
                TIMED,
                "499 bytes=0",
            ),
            "H80": ('at=info code=H80 desc="Maintenance mode"', "/closed", "", UNTIMED, "503 bytes="),
            "H21": (
                'at=error code=H21 desc="Backend connection refused"',
                "/refused",
                "web.1",
                UNTIMED,
                "503 bytes=0",
            ),
            "H14": ('at=error code=H14 desc="No web processes running"', "/nobody", "", UNTIMED, "503 bytes="),
        }
        for code, (start, path, dyno, times, end) in expected.items():
            who = WHO.format(path=path, dyno=dyno)
            assert await there.router_line(code) == f"{start} {who} {times} status={end} protocol=http"

    played(platform, slug, scene)


@pytest.mark.parametrize(
    ("mode", "state", "line"),
    [
        pytest.param("crash", "crashed", f'at=error code=H10 desc="App crashed" {WHO} {UNTIMED} status=503 bytes='),
        pytest.param(
            "deaf", "up", f'at=error code=H19 desc="Backend connection timeout" {WHO} {UNTIMED} status=503 bytes=0'
        ),
        pytest.param(
            "mute", "starting", f'at=error code=H20 desc="App boot timeout" {WHO} {UNTIMED} status=503 bytes='
        ),
    ],
    ids=["H10", "H19", "H20"],
)
def test_an_app_that_takes_no_request(platform: "Platform", slug: str, mode: str, state: str, line: str) -> None:
    async def scene(there: Stand) -> None:
        await there.app.set_config({"MODE": mode})
        await there.deploy()
        await there.state(state)
        await there.ask("/")
        code = line.partition("code=")[2][:3]
        dyno = "web.1" if state == "up" else ""
        assert await there.router_line(code) == line.format(path="/", dyno=dyno) + " protocol=http"

    played(platform, slug, scene, boot_seconds=2.0)


def test_a_platform_that_fails_to_wake_an_app_is_h99(
    platform: "Platform", slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(there: Stand) -> None:
        await there.deploy()
        await there.state("idle")

        async def broken() -> bool:
            raise OSError("the disk is gone")

        monkeypatch.setattr(there.app.supervisor, "wake", broken)
        await there.ask("/")
        who = WHO.format(path="/", dyno="")
        line = f'at=error code=H99 desc="Platform error" {who} {UNTIMED} status=503 bytes= protocol=http'
        assert await there.router_line("H99") == line

    played(platform, slug, scene, dynos={"idle": 0.5})


def test_r10_a_web_dyno_that_does_not_listen_in_time(platform: "Platform", slug: str) -> None:
    async def scene(there: Stand) -> None:
        await there.app.set_config({"MODE": "mute"})
        await there.deploy()
        line = await there.line(lambda line: "heroku[web.1]: Error R10" in line)
        assert line == ("Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 1 seconds of launch")
        await there.state("crashed")

    played(platform, slug, scene, dynos={"boot": 1.0})


def test_r12_a_stubborn_dyno_and_r14_r15_a_memory_hog(platform: "Platform", slug: str) -> None:
    async def scene(there: Stand) -> None:
        await there.app.set_config({"MODE": "stubborn"})
        await there.deploy()
        await there.state("up")
        await there.app.scale(["web=0"])
        line = await there.line(lambda line: "heroku[web.1]: Error R12" in line)
        assert line == "Error R12 (Exit timeout) -> At least one process failed to exit within 2 seconds of SIGTERM"
        await there.app.scale(["web=1"])
        await there.app.set_config({"MODE": None})
        await there.state("up")
        await there.ask("/hog", leave_after=30)
        await there.state("crashed")
        lines = [line.partition(": ")[2] for line in there.log() if "heroku[web.1]: Error R1" in line]
        assert lines[1] == "Error R14 (Memory quota exceeded)"
        assert lines[-1] == "Error R15 (Memory quota vastly exceeded)"

    played(platform, slug, scene)
