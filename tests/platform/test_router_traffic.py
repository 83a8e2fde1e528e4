"""What passes through the router: headers, protocols, websockets, waiting requests, and dynos that come and go."""

import asyncio
import base64
import hashlib
import os
import shutil
import signal
import socket
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from router_apps import (
    WEB_1,
    WEB_2,
    Scene,
    answer,
    free_port,
    hello,
    mirror,
    read_head,
    routed,
    served,
    slowly,
)

from slugc.errors.router import InvalidRoute, PortTaken, UnknownRoute
from slugc.model.dyno import DynoName
from slugc.model.route import AppPages, AppState
from slugc.router import keeper
from slugc.router.certificates import authority_file
from slugc.router.lines import parse
from slugc.router.plane import RouterPlane

pytestmark = pytest.mark.slow


def run(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scene())  # type: ignore[arg-type]


def seen(body: str) -> dict[str, str]:
    """The headers that a mirroring dyno saw."""
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in body.splitlines()[1:])}


def test_what_a_dyno_is_told_of_a_request(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(mirror) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                found = await router.get("/hello?a=1", X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="gopher")
                headers = seen(found.body)
                assert found.body.startswith("GET /hello?a=1 HTTP/1.1")
                assert headers["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
                assert headers["x-forwarded-proto"] == "http"
                assert headers["x-forwarded-port"] == str(router.port)
                assert headers["via"] == "1.1 slugc"
                assert headers["x-request-start"].isdigit()
                assert found.headers["via"] == "1.1 slugc"
                record = parse("demo", await router.line())
                assert record.request_id == headers["x-request-id"]
                assert (record.path, record.fwd, record.dyno) == ("/hello?a=1", "203.0.113.9, 127.0.0.1", "web.1")
                assert (record.status, record.protocol, record.code) == (200, "http", "")

    run(scene)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("01234567890123456789", True), ("a+b/c=d-e" * 5, True), ("too-short", False), ("with spaces and such!", False)],
)
def test_a_clients_request_id_is_kept_where_it_is_a_proper_one(tmp_path: Path, given: str, kept: bool) -> None:
    async def scene() -> None:
        with served(mirror) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                headers = seen((await router.get(X_Request_ID=given)).body)
                assert (headers["x-request-id"] == given) == kept
                assert len(headers["x-request-id"]) >= 20

    run(scene)


def test_a_path_cannot_forge_fields_of_the_log(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
                writer.write(b'GET /a"status=999"\\ HTTP/1.1\r\nHost: demo.localhost\r\nConnection: close\r\n\r\n')
                assert b" 200 " in (await reader.read())[:20]
                writer.close()
                record = parse("demo", await router.line())
                assert record.status == 200
                assert record.dyno == "web.1"

    run(scene)


def head_of(count: int, size: int) -> bytes:
    """A request with so many headers of so many bytes."""
    headers = b"".join(b"X%d: %s\r\n" % (n, b"y" * size) for n in range(count))
    return b"GET / HTTP/1.1\r\nHost: demo.localhost\r\n" + headers + b"\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: demo.localhost\r\n\r\n", 414, id="request line"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: demo.localhost\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 400, id="header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: demo.localhost\r\nContent-Length: x\r\n\r\n", 400, id="bad length"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: elsewhere.localhost\r\n\r\n", 404, id="unknown host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: DEMO.localhost:9\r\n\r\n", 200, id="the port of a tunnel"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: demo.localhost.\r\n\r\n", 200, id="a name in full"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: [::1]:9\r\n\r\n", 404, id="an address"),
        pytest.param(b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 404, id="an empty host"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, id="no host"),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: demo.localhost\r\n"
            + b"".join(b"X%d: %s\r\n" % (n, b"y" * 4000) for n in range(3))
            + b"\r\n",
            200,
            id="several long headers",
        ),
        pytest.param(head_of(7, 4000), 200, id="28 kB of headers"),
        pytest.param(head_of(9, 4000), 400, id="36 kB of headers"),
        pytest.param(head_of(990, 10), 200, id="990 headers"),
        pytest.param(head_of(1100, 10), 400, id="1100 headers"),
    ],
)
def test_limits_of_a_request(tmp_path: Path, head: bytes, status: int) -> None:
    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
                writer.write(head)
                line = await reader.readline()
                writer.close()
                assert int(line.split()[1]) == status

    run(scene)


@pytest.mark.parametrize(
    ("fields", "passes"),
    [
        pytest.param(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", True, id="a length and chunks"),
        pytest.param(b"X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", True, id="a folded line"),
        pytest.param(b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", False, id="an unknown coding"),
        pytest.param(b"Transfer-Encoding : chunked\r\n", False, id="a blank before the colon"),
        pytest.param(b"Transfer-Encoding: identity, chunked\r\n", False, id="two codings"),
        pytest.param(b"Content-Length: 5\r\nContent-Length: 6\r\n", False, id="two lengths"),
        pytest.param(b"Content-Length: 5, 6\r\n", False, id="two lengths in a line"),
        pytest.param(b"Content-Length: +5\r\n", False, id="a signed length"),
    ],
)
def test_a_request_that_could_be_read_in_two_ways_reaches_no_dyno_in_both(
    tmp_path: Path, fields: bytes, passes: bool
) -> None:
    heads: list[bytes] = []

    def dyno(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answer(b"ok"))
        raise OSError  # hang up: this server would take what is left of the body for a request

    async def scene() -> None:
        with served(dyno) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
                head = b"POST / HTTP/1.1\r\nHost: demo.localhost\r\n" + fields + b"\r\n"
                writer.write(head + b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: demo.localhost\r\n\r\n")
                status = int((await reader.readline()).split()[1])
                writer.close()
                if not passes:
                    assert (status in (400, 422), heads) == (True, [])
                    return
                assert status == 200
                assert b"smuggled" not in heads[0]
                assert len({"content-length", "transfer-encoding"} & seen(heads[0].decode()).keys()) == 1

    run(scene)


def test_a_client_that_expects_100_continue_gets_it_from_the_dyno(tmp_path: Path) -> None:
    def polite(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(answer(connection.recv(5)))

    async def scene() -> None:
        with served(polite) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
                writer.write(
                    b"POST / HTTP/1.1\r\nHost: demo.localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
                )
                assert b" 100 " in await reader.readline()
                writer.write(b"hello")
                assert (await reader.readuntil(b"hello")).endswith(b"hello")
                writer.close()

    run(scene)


def echo_socket(connection: socket.socket, head: bytes) -> None:
    """A websocket server that sends every byte back after the upgrade."""
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    connection.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    while data := connection.recv(65536):
        connection.sendall(data)


UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: demo.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def test_a_websocket_lives_on_while_apps_and_dynos_change(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(echo_socket) as port, served(hello) as other:
            async with routed(tmp_path, {WEB_1: port}, idle_seconds=30.0, drain_seconds=0.3) as router:
                reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
                writer.write(UPGRADE)
                assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
                for step in (router.plane.add_app("other"), router.plane.set_dynos("demo", {WEB_2: other})):
                    await step
                    payload = os.urandom(1000)
                    writer.write(payload)
                    assert await reader.readexactly(1000) == payload
                    assert await router.plane.in_flight("demo") == 1
                assert (await router.get()).body == "Hello, world!"
                writer.close()
                record = parse("demo", await router.line(after=1))
                assert (record.path, record.status, record.code) == ("/ws", 101, "")

    run(scene)


def test_a_websocket_on_which_nobody_speaks_ends_as_h15(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(echo_socket) as port:
            async with routed(tmp_path, {WEB_1: port}, idle_seconds=1.0) as router:
                reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
                writer.write(UPGRADE)
                assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
                assert await reader.read() == b""
                writer.close()
                assert parse("demo", await router.line()).code == "H15"

    run(scene)


def test_https_with_a_certificate_of_this_users_authority_and_http2(tmp_path: Path) -> None:
    async def scene() -> None:
        tls_port = free_port()
        with served(mirror) as port:
            async with routed(tmp_path, {WEB_1: port}, tls_port=tls_port) as router:
                context = ssl.create_default_context(cafile=str(authority_file(tmp_path)))
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", tls_port, ssl=context, server_hostname="demo.localhost"
                )
                writer.write(b"GET / HTTP/1.1\r\nHost: demo.localhost\r\nConnection: close\r\n\r\n")
                body = (await reader.read()).decode()
                assert "x-forwarded-proto: https" in body
                assert f"x-forwarded-port: {tls_port}" in body
                writer.close()
                record = parse("demo", await router.line())
                assert record.protocol == "https"
                assert record.tls == "tls1.3"
                key = tmp_path / "ca" / "slugc-ca.key"
                assert key.stat().st_mode & 0o777 == 0o600
                if shutil.which("curl"):
                    child = await asyncio.create_subprocess_exec(
                        *("curl", "-s", "--http2", "--cacert", authority_file(tmp_path), "-o", "/dev/null"),
                        *("-w", "%{http_version} %{http_code}", f"https://demo.localhost:{tls_port}/"),
                        stdout=asyncio.subprocess.PIPE,
                    )
                    out, _ = await child.communicate()
                    assert out == b"2 200"

    run(scene)


def test_requests_to_a_sleeping_app_wait_for_it_and_wake_it_once(tmp_path: Path) -> None:
    async def scene() -> None:
        woken: list[str] = []
        with served(hello) as port:
            async with routed(tmp_path, state=AppState.IDLE, boot_seconds=20.0) as router:

                async def wake(app: str) -> bool:
                    woken.append(app)
                    await router.plane.set_state(app, AppState.STARTING)
                    asyncio.get_running_loop().call_later(
                        0.5, lambda: asyncio.ensure_future(router.plane.set_dynos(app, {WEB_1: port}))
                    )
                    return True

                router.plane._holding.on_wake = wake
                answers = await asyncio.gather(*(router.get() for _ in range(12)))
                assert {found.status for found in answers} == {200}
                assert max(found.seconds for found in answers) >= 0.4
                assert woken == ["demo"]

    run(scene)


def test_a_dyno_that_crashes_while_requests_wait_ends_the_waiting(tmp_path: Path) -> None:
    async def scene() -> None:
        async with routed(tmp_path, state=AppState.STARTING, boot_seconds=20.0) as router:
            asking = asyncio.ensure_future(router.get())
            await asyncio.sleep(0.3)
            await router.plane.set_state("demo", AppState.CRASHED)
            found = await asking
            assert found.status == 503
            assert found.seconds < 10
            assert parse("demo", await router.line()).code == "H10"

    run(scene)


def test_draining_waits_for_the_requests_that_a_dyno_has(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(slowly) as old, served(hello) as new:
            async with routed(tmp_path, {WEB_1: old}, first_byte_seconds=10.0) as router:
                asking = asyncio.ensure_future(router.get())
                await asyncio.sleep(0.3)
                await router.plane.set_dynos("demo", {WEB_1: new})
                assert asking.done() or (await asyncio.wait({asking}, timeout=1.0))[0]
                assert asking.result().body == "done"
                assert (await router.get()).body == "Hello, world!"

    run(scene)


def test_dynos_share_requests_by_chance(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(hello) as one, served(hello) as two:
            async with routed(tmp_path, {WEB_1: one, WEB_2: two}) as router:
                for _ in range(60):
                    await router.get()
                await router.line(after=59)
                by_first = sum(parse("demo", line).dyno == "web.1" for line in router.lines)
                assert 10 < by_first < 50

    run(scene)


async def hammer(router: Scene, until: asyncio.Event) -> list[int]:
    """One client that keeps its connection, and notes every status; 0 where there was no answer."""
    statuses: list[int] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
    while not until.is_set():
        writer.write(b"GET / HTTP/1.1\r\nHost: demo.localhost\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length"))
        await reader.readexactly(length)
        statuses.append(int(head.split()[1]))
        if b"connection: close" in head.lower():
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
    writer.close()
    return statuses


def test_no_request_fails_while_dynos_are_swapped_and_apps_are_added(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(hello) as a, served(hello) as b, served(hello) as c:
            async with routed(tmp_path, {WEB_1: a, WEB_2: b}) as router:
                until = asyncio.Event()
                clients = [asyncio.ensure_future(hammer(router, until)) for _ in range(8)]
                ports = [a, b, c]
                for n in range(20):
                    wanted = {DynoName("web", 1): ports[n % 3], DynoName("web", 2): ports[(n + 1) % 3]}
                    await router.plane.set_dynos("demo", wanted)
                    if n % 5 == 0:
                        await router.plane.add_app(f"other{n}")
                    await asyncio.sleep(0.1)
                until.set()
                statuses = [status for found in await asyncio.gather(*clients) for status in found]
                assert len(statuses) > 500
                assert set(statuses) == {200}

    run(scene)


def test_an_app_on_a_port_of_its_own(tmp_path: Path) -> None:
    async def scene() -> None:
        own = free_port()
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                assert router.plane.url("demo") == f"http://demo.localhost:{router.port}"
                await router.plane.add_app("demo", port=own)
                assert router.plane.url("demo") == f"http://127.0.0.1:{own}"
                assert (await Scene(plane=router.plane, port=own, lines=router.lines).get()).status == 200
                with socket.create_server(("127.0.0.1", 0)) as taken:
                    with pytest.raises(PortTaken) as caught:
                        await router.plane.add_app("demo", port=taken.getsockname()[1])
                    assert str(taken.getsockname()[1]) in caught.value.hint
                assert (await router.get()).status == 200
                await router.plane.remove_app("demo")
                assert (await router.get()).status == 404
                with pytest.raises(UnknownRoute):
                    await router.plane.set_dynos("demo", {})
                with pytest.raises(InvalidRoute):
                    await router.plane.add_app("no such host\nname")

    run(scene)


def test_haproxy_comes_back_when_something_ends_it(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                child = router.plane._keeper.haproxy._child  # type: ignore[union-attr]
                assert child is not None
                os.kill(child.pid, signal.SIGKILL)
                for _ in range(200):
                    await asyncio.sleep(0.1)
                    if router.plane._keeper.haproxy is not None and router.plane._keeper.haproxy._child is not child:
                        break
                assert (await router.get()).body == "Hello, world!"

    run(scene)


def test_haproxy_comes_back_however_long_another_program_has_its_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(keeper, "LONGEST_PAUSE", 0.01)
    tries: list[bool] = []

    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                launch = router.plane._keeper._launch

                async def counted() -> None:
                    tries.append(True)
                    await launch()

                monkeypatch.setattr(router.plane._keeper, "_launch", counted)
                child = router.plane._keeper.haproxy._child  # type: ignore[union-attr]
                assert child is not None
                os.kill(child.pid, signal.SIGKILL)
                await child.wait()
                with socket.create_server(("127.0.0.1", router.port)):
                    for _ in range(2000):
                        await asyncio.sleep(0.05)
                        if len(tries) > 7:
                            break
                for _ in range(600):
                    await asyncio.sleep(0.1)
                    if router.plane._keeper.haproxy is not None:
                        break
                assert (await router.get()).body == "Hello, world!"

    run(scene)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda router, port: router.set_dynos("demo", {WEB_1: port}), id="dynos"),
        pytest.param(lambda router, _port: router.set_maintenance("demo", on=False), id="maintenance"),
    ],
)
def test_a_state_that_is_set_while_something_else_changes_is_not_forgotten(
    tmp_path: Path, change: Callable[[RouterPlane, int], Awaitable[None]]
) -> None:
    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_2: port}, state=AppState.STARTING) as router:
                await asyncio.gather(change(router.plane, port), router.plane.set_state("demo", AppState.CRASHED))
                await router.plane.set_dynos("demo", {})
                assert (await router.get()).status == 503
                assert "code=H10" in await router.line()

    run(scene)


def test_an_app_keeps_its_dynos_when_its_pages_change_in_the_same_moment(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path) as router:
                await asyncio.gather(
                    router.plane.set_dynos("demo", {WEB_1: port}),
                    router.plane.add_app("demo", pages=AppPages(error="https://cdn.example/error.html")),
                )
                assert (await router.get()).body == "Hello, world!"

    run(scene)


def test_the_data_plane_is_not_root_and_leaves_nothing_behind(tmp_path: Path) -> None:
    found: list[Path] = []

    def look(router: Scene) -> None:
        assert router.plane._keeper.haproxy is not None
        assert router.plane._keeper.files is not None
        assert router.plane._keeper.haproxy._child is not None
        pid, folder = router.plane._keeper.haproxy._child.pid, router.plane._keeper.files.folder
        workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert workers
        assert all(Path(f"/proc/{worker}").stat().st_uid != 0 for worker in workers)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "admin.sock").stat().st_mode & 0o777 == 0o600
        found.extend([folder, *(Path(f"/proc/{process}") for process in (pid, *workers))])

    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                assert (await router.get()).status == 200
                look(router)

    run(scene)
    assert found
    assert not [path for path in found if path.exists()]


def test_what_a_killed_router_left_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = Path(tempfile.mkdtemp(prefix="r-", dir="/tmp"))
    short.chmod(0o755)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short))
    left, alive = short / "slugc-router-4194400-abc", short / f"slugc-router-{os.getpid()}-abc"
    left.mkdir()
    alive.mkdir()

    async def scene() -> None:
        async with routed(tmp_path):
            pass

    run(scene)
    assert not left.exists()
    assert alive.exists()
    shutil.rmtree(short)


def test_a_runtime_folder_too_deep_for_sockets_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 60)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))

    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                assert (await router.get()).status == 200

    run(scene)
    assert list(deep.iterdir()) == []


def test_keep_alive_serves_many_requests_on_one_connection(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                client = socket.create_connection(("127.0.0.1", router.port))
                for _ in range(3):
                    await asyncio.to_thread(client.sendall, b"GET / HTTP/1.1\r\nHost: demo.localhost\r\n\r\n")
                    head = await asyncio.to_thread(read_head, client)
                    while not head.endswith(b"Hello, world!"):
                        head += await asyncio.to_thread(client.recv, 100)
                    assert b" 200 " in head[:20]
                client.close()

    run(scene)
