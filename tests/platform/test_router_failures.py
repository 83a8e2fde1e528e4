"""Every H-code, provoked by a real app behind a real router: the status, the page, and Heroku's log line."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from router_apps import (
    WEB_1,
    WEB_2,
    Scene,
    break_off,
    free_port,
    hang_up,
    hello,
    routed,
    rubbish,
    served,
    silent,
    slowly,
    stall,
)

from slugc.model.route import AppPages, AppState
from slugc.router.lines import parse

pytestmark = pytest.mark.slow
_UUID = re.compile(r"request_id=[0-9a-f-]{36}")
_TIMES = re.compile(r"(connect|service)=\d+ms")
_BYTES = re.compile(r"bytes=[1-9]\d*")


def scrubbed(line: str) -> str:
    line = _UUID.sub("request_id=ID", line)
    return _BYTES.sub("bytes=N", _TIMES.sub(r"\1=Tms", line))


def run(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(scene())  # type: ignore[arg-type]


NOBODY = 'method=GET path="/x?y=1" host=demo.localhost request_id=ID fwd="127.0.0.1" dyno= connect= service='


@pytest.mark.parametrize(
    ("state", "start", "words"),
    [
        pytest.param(AppState.CRASHED, 'at=error code=H10 desc="App crashed"', "Application error", id="H10"),
        pytest.param(AppState.DOWN, 'at=error code=H14 desc="No web processes running"', "Application error", id="H14"),
        pytest.param(AppState.STARTING, 'at=error code=H20 desc="App boot timeout"', "Application error", id="H20"),
        pytest.param(AppState.BLANK, 'at=info code=H81 desc="Blank app"', "nothing here, yet", id="H81"),
    ],
)
def test_a_request_that_no_dyno_can_take(tmp_path: Path, state: AppState, start: str, words: str) -> None:
    async def scene() -> None:
        async with routed(tmp_path, state=state) as router:
            answer = await router.get("/x?y=1")
            assert answer.status == 503
            assert words in answer.body
            assert (answer.seconds >= 1.9) == (state is AppState.STARTING)
            assert scrubbed(await router.line()) == f"{start} {NOBODY} status=503 bytes= protocol=http"

    run(scene)


def test_h80_maintenance_leaves_the_dynos_running(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                await router.plane.set_maintenance("demo", on=True)
                answer = await router.get("/x?y=1")
                assert answer.status == 503
                assert "Offline for maintenance" in answer.body
                line = scrubbed(await router.line())
                assert line == f'at=info code=H80 desc="Maintenance mode" {NOBODY} status=503 bytes= protocol=http'
                await router.plane.add_app("other")  # a reload forgets nothing
                assert (await router.get()).status == 503
                await router.plane.set_maintenance("demo", on=False)
                assert (await router.get()).body == "Hello, world!"

    run(scene)


@pytest.mark.parametrize(
    ("behaviour", "status", "line"),
    [
        pytest.param(
            silent,
            503,
            'at=error code=H12 desc="Request timeout" {who} connect=Tms service=Tms status=503 bytes=0',
            id="H12",
        ),
        pytest.param(
            hang_up,
            503,
            'at=error code=H13 desc="Connection closed without response" {who}'
            " connect=Tms service=Tms status=503 bytes=0",
            id="H13",
        ),
        pytest.param(
            rubbish,
            503,
            'at=error code=H17 desc="Poorly formatted HTTP response" {who} connect=Tms service=Tms status=503 bytes=0',
            id="H17",
        ),
    ],
)
def test_a_dyno_that_does_not_answer(tmp_path: Path, behaviour: Callable[..., None], status: int, line: str) -> None:
    who = 'method=GET path="/" host=demo.localhost request_id=ID fwd="127.0.0.1" dyno=web.1'

    async def scene() -> None:
        with served(behaviour) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                answer = await router.get()
                assert answer.status == status
                assert "Application error" in answer.body
                assert scrubbed(await router.line()) == line.format(who=who) + " protocol=http"

    run(scene)


@pytest.mark.parametrize(
    ("behaviour", "start"),
    [
        pytest.param(stall, 'at=error code=H15 desc="Idle connection"', id="H15"),
        pytest.param(break_off, 'sock=backend at=error code=H18 desc="Server Request Interrupted"', id="H18"),
    ],
)
def test_a_dyno_that_stops_in_the_middle(tmp_path: Path, behaviour: Callable[..., None], start: str) -> None:
    async def scene() -> None:
        with served(behaviour) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                _, writer = await ask(router, b"GET / HTTP/1.1\r\nHost: demo.localhost\r\n\r\n")
                line = scrubbed(await router.line())
                writer.close()
                assert line == (
                    f'{start} method=GET path="/" host=demo.localhost request_id=ID fwd="127.0.0.1"'
                    " dyno=web.1 connect=Tms service=Tms status=503 bytes=N protocol=http"
                )

    run(scene)


def test_h19_a_dyno_that_does_not_accept(tmp_path: Path) -> None:
    async def scene() -> None:
        # A full accept queue: the kernel leaves further connections unanswered.
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            port = full.getsockname()[1]
            waiting = []
            for _ in range(4):
                client = socket.socket()
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", port))
                waiting.append(client)
            async with routed(tmp_path, {WEB_1: port}, connect_seconds=0.5, retries=1) as router:
                assert (await router.get()).status == 503
                assert scrubbed(await router.line()) == (
                    'at=error code=H19 desc="Backend connection timeout" method=GET path="/" host=demo.localhost'
                    ' request_id=ID fwd="127.0.0.1" dyno=web.1 connect= service= status=503 bytes=0 protocol=http'
                )
            for client in waiting:
                client.close()

    run(scene)


def test_h21_a_dyno_that_refuses(tmp_path: Path) -> None:
    async def scene() -> None:
        async with routed(tmp_path, {WEB_1: free_port()}, retries=0) as router:
            answer = await router.get()
            assert answer.status == 503
            assert scrubbed(await router.line()) == (
                'at=error code=H21 desc="Backend connection refused" method=GET path="/" host=demo.localhost'
                ' request_id=ID fwd="127.0.0.1" dyno=web.1 connect= service= status=503 bytes=0 protocol=http'
            )

    run(scene)


def test_a_dyno_that_refuses_is_skipped_also_for_a_post(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: free_port(), WEB_2: port}) as router:
                for _ in range(40):
                    assert (await router.get(method="POST")).status == 200
                await router.line(after=39)
                assert {parse("demo", line).dyno for line in router.lines} == {"web.2"}

    run(scene)


def test_h27_a_client_that_hangs_up(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(slowly) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                _, writer = await ask(router, b"POST /submit HTTP/1.1\r\nHost: demo.localhost\r\n\r\n")
                await asyncio.sleep(0.3)
                writer.close()
                assert scrubbed(await router.line()) == (
                    'sock=client at=warning code=H27 desc="Client Request Interrupted" method=POST path="/submit"'
                    ' host=demo.localhost request_id=ID fwd="127.0.0.1" dyno=web.1 connect=Tms service=Tms status=499'
                    " bytes=0 protocol=http"
                )

    run(scene)


def test_h99_when_waking_goes_wrong(tmp_path: Path) -> None:
    async def wake(app: str) -> bool:
        raise OSError(app)

    async def scene() -> None:
        async with routed(tmp_path, state=AppState.IDLE) as router:
            router.plane._holding.on_wake = wake
            assert (await router.get("/x?y=1")).status == 503
            line = scrubbed(await router.line())
            assert line == f'at=error code=H99 desc="Platform error" {NOBODY} status=503 bytes= protocol=http'

    run(scene)


def test_h26_an_expectation_that_nobody_knows(tmp_path: Path) -> None:
    async def scene() -> None:
        with served(hello) as port:
            async with routed(tmp_path, {WEB_1: port}) as router:
                await router.plane.add_app("demo", port=free_port())
                own = Scene(plane=router.plane, port=router.plane._routes["demo"].port or 0, lines=router.lines)
                assert (await own.get(Expect="tea")).status == 417
                record = parse("demo", await router.line())
                assert (record.code, record.status, record.dyno) == ("H26", 417, "")

    run(scene)


def test_pages_of_the_apps_own_are_shown_in_a_frame(tmp_path: Path) -> None:
    pages = AppPages(error="https://cdn.example/error.html?a=1&b=2", maintenance="https://cdn.example/back-soon.html")

    async def scene() -> None:
        with served(hang_up) as port:
            async with routed(tmp_path, {WEB_1: port}, pages=pages) as router:
                failed = await router.get()
                assert failed.status == 503
                assert '<iframe src="https://cdn.example/error.html?a=1&amp;b=2"' in failed.body
                await router.plane.set_dynos("demo", {})
                await router.plane.set_state("demo", AppState.CRASHED)
                assert "cdn.example/error.html" in (await router.get()).body
                await router.plane.set_maintenance("demo", on=True)
                assert "cdn.example/back-soon.html" in (await router.get()).body

    run(scene)


async def ask(router: Scene, request: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", router.port)
    writer.write(request)
    await writer.drain()
    return reader, writer
