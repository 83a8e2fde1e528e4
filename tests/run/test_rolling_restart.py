"""Deploys and restarts under load, through the real router: what the people on the other side notice is nothing."""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from slugc.dynos.settings import DynoSettings
from slugc.dynos.supervisor import Supervisor
from slugc.host.clock import SystemClock
from slugc.model.dyno import Quantity
from slugc.router.plane import RouterPlane
from slugc.router.settings import RouterSettings

if TYPE_CHECKING:
    from conftest import Stage

pytestmark = pytest.mark.slow
REQUESTS = 20_000
TWO = {"web": Quantity(count=2)}

# A process of its own, so that neither side waits for the other's event loop. Every answer but 200, and every
# connection that ends before its answer, is a failure.
CLIENT = """
import asyncio, collections, json, sys
port, wanted, width = map(int, sys.argv[1:])
ASK = b"GET / HTTP/1.1\\r\\nHost: demo\\r\\n\\r\\n"
done, bodies, failures = 0, collections.Counter(), collections.Counter()

async def ask(reader, writer):
    writer.write(ASK)
    head = (await reader.readuntil(b"\\r\\n\\r\\n")).decode()
    size = int(head.lower().partition("content-length:")[2].split()[0])
    body = await reader.readexactly(size)
    return head.split()[1], body, "connection: close" in head.lower()

async def person():
    global done
    reader = writer = None
    while done < wanted:
        done += 1
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            status, body, close = await asyncio.wait_for(ask(reader, writer), 60)
            if status == "200":
                bodies[body.decode()] += 1
            else:
                failures[status] += 1
        except Exception as error:
            failures[type(error).__name__] += 1
            close = True
        if close:
            writer and writer.close()
            reader = writer = None

async def main():
    await asyncio.gather(*(person() for _ in range(width)))
    print(json.dumps({"bodies": bodies, "failures": failures}))

asyncio.run(main())
"""


@dataclass
class Silent:
    lines: int = 0

    def write(self, source: str, dyno: str, data: bytes) -> None:
        self.lines += 1

    def event(self, source: str, dyno: str, text: str) -> None:
        self.lines += 1


@contextlib.asynccontextmanager
async def served(stage: "Stage") -> AsyncIterator[tuple[Supervisor, int, list[str]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    router = RouterPlane(RouterSettings())
    settings = DynoSettings(idle=None, grace=10)
    supervisor = Supervisor(
        "demo", ground=stage.ground, sink=Silent(), clock=SystemClock(), traffic=router, settings=settings
    )
    said: list[str] = []
    router.on_lines = lambda _, lines: said.extend(
        line for line in lines.text().decode().splitlines() if "at=info" not in line
    )
    await router.start()
    try:
        await router.add_app("demo", port=port)
        yield supervisor, port, said
    finally:
        await router.stop()
        await supervisor.shutdown()


async def until_release(supervisor: Supervisor, version: int) -> None:
    def all_new() -> bool:
        web = supervisor.web()
        return all(slot.dyno.serving and slot.versions.get(slot.dyno.serving) == version for slot in web)

    await asyncio.wait_for(supervisor.until(all_new), 120)


async def under_load(stage: "Stage", *, preboot: bool) -> tuple[dict[str, int], int]:
    """Deploy and restart again and again until all requests are answered: (answers, deploys)."""
    async with served(stage) as (supervisor, port, said):
        await supervisor.apply(TWO, stage.release(1, web="exec python3 server.py"), preboot=preboot)
        await until_release(supervisor, 1)
        words = ("-c", CLIENT, str(port), str(REQUESTS), "8")
        client = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=subprocess.PIPE)
        version = 1
        try:
            while client.returncode is None:
                version += 1
                release = stage.release(version, web="exec python3 server.py")
                await supervisor.apply(TWO, release, preboot=preboot)
                await until_release(supervisor, version)
                await supervisor.restart("web.1")
                await asyncio.sleep(1)
            out, _ = await client.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):
                client.kill()
            await client.wait()
        answer = json.loads(out)
        assert answer["failures"] == {}, said[:20]
        return answer["bodies"], version


@pytest.mark.parametrize("preboot", [True, False], ids=["preboot", "plain restart"])
def test_no_request_fails_during_deploys_and_restarts(stage: "Stage", preboot: bool) -> None:
    bodies, deploys = asyncio.run(under_load(stage, preboot=preboot))
    assert sum(bodies.values()) == REQUESTS
    assert deploys > 2
    assert len({body.split()[-1] for body in bodies}) > 2, "the load saw several releases"
