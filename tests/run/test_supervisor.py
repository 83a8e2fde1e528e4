"""Real dynos under a supervisor: what `ps` shows, what the log says, and what is left afterwards."""

import asyncio
import contextlib
import os
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from slugc.dynos.ports import LOW, Ports
from slugc.dynos.process import members
from slugc.dynos.settings import DynoSettings
from slugc.dynos.supervisor import Supervisor
from slugc.errors.dyno import BootTimedOut, CrashedAtBoot, DynoNotFound
from slugc.errors.router import RouterFailed
from slugc.host.clock import SystemClock
from slugc.model.dyno import DynoName, DynoState, Quantity
from slugc.model.process import ProcessType
from slugc.model.route import AppState
from slugc.sandbox.bubblewrap import Bubblewrap

if TYPE_CHECKING:
    from conftest import Stage

WEB = "python3 -u server.py"
QUICK = DynoSettings(boot=30, grace=5, drain=2, crash_delays=(0, 0.2), idle=None, port_every=0.01)
ONE = {"web": Quantity(count=1)}


@dataclass
class Heard:
    """A sink that keeps everything, and a router that is only told."""

    output: dict[str, bytes] = field(default_factory=dict)
    events: list[tuple[str, str]] = field(default_factory=list)
    dynos: dict[DynoName, int] = field(default_factory=dict)
    state: AppState = AppState.BLANK
    history: list[set[int]] = field(default_factory=list)
    last: float | None = None

    def write(self, source: str, dyno: str, data: bytes) -> None:
        assert source == "app"
        self.output[dyno] = self.output.get(dyno, b"") + data

    def event(self, source: str, dyno: str, text: str) -> None:
        assert source == "heroku"
        self.events.append((dyno, text))

    async def set_dynos(self, app: str, dynos: Mapping[DynoName, int]) -> None:
        self.dynos = dict(dynos)
        self.history.append(set(dynos.values()))

    async def set_state(self, app: str, state: AppState) -> None:
        self.state = state

    def last_request_at(self, app: str) -> float | None:
        return self.last

    async def in_flight(self, app: str) -> int:
        return 0

    def lines(self, dyno: str) -> list[str]:
        return [text for name, text in self.events if name == dyno]


def living(pids: list[int]) -> list[int]:
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(pid)
    return found


@contextlib.asynccontextmanager
async def supervised(
    stage: "Stage", settings: DynoSettings = QUICK, *, routed: bool = True
) -> AsyncIterator[tuple[Supervisor, Heard]]:
    heard = Heard()
    supervisor = Supervisor(
        "demo",
        ground=stage.ground,
        sink=heard,
        clock=SystemClock(),
        settings=settings,
        traffic=heard if routed else None,
    )
    try:
        yield supervisor, heard
    finally:
        await asyncio.wait_for(supervisor.shutdown(), 60)


async def soon(supervisor: Supervisor, condition: Callable[[], bool], seconds: float = 60) -> None:
    await asyncio.wait_for(supervisor.until(condition), seconds)


def get(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        return str(answer.read().decode())


def states(supervisor: Supervisor) -> dict[str, str]:
    return {row.name: str(row.state) for row in supervisor.snapshot()}


def test_a_web_dyno_and_a_worker_come_up_and_nothing_is_left_of_them(either_stage: "Stage") -> None:
    async def play() -> list[int]:
        async with supervised(either_stage) as (supervisor, heard):
            release = either_stage.release(web=WEB, worker="echo working; exec sleep 600")
            await supervisor.apply({"web": Quantity(count=2), "worker": Quantity(count=1)}, release)
            await soon(supervisor, lambda: set(states(supervisor).values()) == {"up"})
            await soon(supervisor, lambda: len(heard.dynos) == 2)
            answers = [await asyncio.to_thread(get, port) for port in heard.dynos.values()]
            assert sorted(answers) == ["web.1 v1", "web.2 v1"]
            rows = supervisor.snapshot()
            assert [(r.name, r.type, r.state, r.size, r.command, r.release) for r in rows][2] == (
                "worker.1", "worker", DynoState.UP, "standard-1x", "echo working; exec sleep 600", 1,
            )  # fmt: skip
            return [row.pid for row in rows if row.pid]

    pids = asyncio.run(play())
    assert len(pids) == 3
    assert living(pids) == []


def test_a_process_type_with_the_longest_name_there_is_boots(either_stage: "Stage") -> None:
    name = "w" * 128

    async def play() -> None:
        async with supervised(either_stage) as (supervisor, heard):
            await supervisor.apply(
                {name: Quantity(count=1)}, either_stage.release(**{name: "echo I am $DYNO; exec sleep 600"})
            )
            await soon_output(heard, f"{name}.1", f"I am {name}.1\n".encode())
            assert states(supervisor) == {f"{name}.1": "up"}

    asyncio.run(play())


def test_scaling_starts_and_stops_only_the_difference(stage: "Stage") -> None:
    async def play() -> None:
        async with supervised(stage) as (supervisor, _):
            release = stage.release(web=WEB)
            await supervisor.apply({"web": Quantity(count=2)}, release)
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "up", "web.2": "up"})
            first = supervisor.snapshot()[0].pid
            await supervisor.apply({"web": Quantity(count=3)}, release)
            await soon(supervisor, lambda: states(supervisor).get("web.3") == "up")
            await supervisor.apply(ONE, release)
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "up"})
            assert supervisor.snapshot()[0].pid == first

    asyncio.run(play())


def test_the_log_of_a_stop_reads_as_herokus(stage: "Stage") -> None:
    async def play() -> list[str]:
        async with supervised(stage) as (supervisor, heard):
            await supervisor.apply({"worker": Quantity(count=1)}, stage.release(worker="sleep 600"))
            await soon(supervisor, lambda: states(supervisor) == {"worker.1": "up"})
            await supervisor.apply({}, stage.release(worker="sleep 600"))
            await soon(supervisor, lambda: not supervisor.snapshot())
            return heard.lines("worker.1")

    assert asyncio.run(play()) == [
        "Starting process with command `sleep 600`",
        "State changed from starting to up",
        "State changed from up to down",
        "Stopping all processes with SIGTERM",
        "Process exited with status 143",
    ]


def test_a_dyno_that_ignores_sigterm_gets_r12_and_sigkill(either_stage: "Stage") -> None:
    async def play() -> list[str]:
        async with supervised(either_stage, DynoSettings(grace=0.3, idle=None)) as (supervisor, heard):
            deaf = "trap '' TERM; echo deaf; while :; do sleep 1; done"
            await supervisor.apply({"worker": Quantity(count=1)}, either_stage.release(worker=deaf))
            await soon_output(heard, "worker.1", b"deaf\n")
            await supervisor.apply({}, either_stage.release(worker=deaf))
            await soon(supervisor, lambda: not supervisor.snapshot())
            return heard.lines("worker.1")

    assert asyncio.run(play())[-3:] == [
        "Error R12 (Exit timeout) -> At least one process failed to exit within 0.3 seconds of SIGTERM",
        "Stopping remaining processes with SIGKILL",
        "Process exited with status 137",
    ]


async def soon_output(heard: Heard, dyno: str, data: bytes, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while data not in heard.output.get(dyno, b""):
        assert time.monotonic() < deadline, heard.events
        await asyncio.sleep(0.01)


def test_a_web_dyno_that_never_listens_is_r10_and_the_error_says_so(stage: "Stage") -> None:
    async def play() -> list[str]:
        async with supervised(stage, DynoSettings(boot=0.5, crash_delays=(60,))) as (supervisor, heard):
            await supervisor.apply(ONE, stage.release(web="sleep 600"))
            with pytest.raises(BootTimedOut) as caught:
                await asyncio.wait_for(supervisor.web_is_up(), 60)
            assert caught.value.exit_code == 81
            assert states(supervisor) == {"web.1": "crashed"}
            return heard.lines("web.1")

    assert asyncio.run(play())[1:] == [
        "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 0.5 seconds of launch",
        "Stopping process with SIGKILL",
        "Process exited with status 137",
        "State changed from starting to crashed",
    ]


def test_a_web_dyno_that_ends_at_boot_names_its_command_and_status(stage: "Stage") -> None:
    async def play() -> None:
        async with supervised(stage, DynoSettings(crash_delays=(60,))) as (supervisor, _):
            await supervisor.apply(ONE, stage.release(web="echo broken; exit 3"))
            with pytest.raises(CrashedAtBoot) as caught:
                await asyncio.wait_for(supervisor.web_is_up(), 60)
            assert (caught.value.status, caught.value.dyno) == (3, "web.1")

    asyncio.run(play())


def test_a_crashed_dyno_comes_back_by_itself(stage: "Stage") -> None:
    async def play() -> list[str]:
        async with supervised(stage) as (supervisor, heard):
            await supervisor.apply({"worker": Quantity(count=1)}, stage.release(worker="echo hello"))
            await soon(supervisor, lambda: heard.lines("worker.1").count("Process exited with status 0") == 3)
            return heard.lines("worker.1")

    lines = asyncio.run(play())
    assert lines.count("State changed from up to crashed") >= 2
    assert "State changed from crashed to starting" in lines


def test_the_last_words_of_a_process_come_before_its_end(stage: "Stage") -> None:
    async def play() -> bytes:
        async with supervised(stage) as (supervisor, heard):
            oneoff = supervisor.run(stage.release(), ProcessType(name="run", command="printf 'no newline'; exit 5"))
            assert await asyncio.wait_for(oneoff.ended, 60) == 5
            assert supervisor.snapshot() == ()
            return heard.output[str(oneoff.name)]

    assert asyncio.run(play()) == b"no newline"


def test_100_mb_of_output_arrive_whole(stage: "Stage") -> None:
    async def play() -> int:
        async with supervised(stage) as (supervisor, heard):
            total = 0

            def count(source: str, dyno: str, data: bytes) -> None:
                nonlocal total
                total += len(data)

            heard.write = count  # type: ignore[method-assign]
            oneoff = supervisor.run(stage.release(), ProcessType(name="run", command="head -c 100000000 /dev/zero"))
            assert await asyncio.wait_for(oneoff.ended, 120) == 0
            return total

    assert asyncio.run(play()) == 100_000_000


def test_preboot_never_leaves_the_router_without_a_dyno(stage: "Stage") -> None:
    async def play() -> tuple[list[set[int]], str]:
        async with supervised(stage) as (supervisor, heard):
            await supervisor.apply(ONE, stage.release(1, web=WEB))
            await soon(supervisor, lambda: bool(heard.dynos))
            await supervisor.apply(ONE, stage.release(2, web=WEB), preboot=True)
            await soon(supervisor, lambda: supervisor.snapshot()[0].release == 2)
            await soon(supervisor, lambda: "Process exited with status 143" in heard.lines("web.1"))
            (port,) = heard.dynos.values()
            return heard.history, await asyncio.to_thread(get, port)

    history, answer = asyncio.run(play())
    assert answer == "web.1 v2"
    assert all(history[next(n for n, ports in enumerate(history) if ports) :])


def test_a_restart_hands_over_to_a_new_process_and_a_wrong_name_is_said(stage: "Stage") -> None:
    async def play() -> None:
        async with supervised(stage) as (supervisor, _):
            await supervisor.apply(ONE, stage.release(web=WEB))
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "up"})
            before = supervisor.snapshot()[0].pid
            assert await supervisor.restart("web.1") == [DynoName("web", 1)]
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "up"})
            assert supervisor.snapshot()[0].pid != before
            with pytest.raises(DynoNotFound):
                await supervisor.restart("web.7")

    asyncio.run(play())


def test_a_stopped_dyno_stays_down_until_a_restart(stage: "Stage") -> None:
    async def play() -> None:
        async with supervised(stage) as (supervisor, heard):
            await supervisor.apply(ONE, stage.release(web=WEB))
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "up"})
            await supervisor.stop("web")
            await soon(supervisor, lambda: "Process exited with status 143" in heard.lines("web.1"))
            assert states(supervisor) == {"web.1": "down"}
            assert heard.state is AppState.DOWN
            await supervisor.restart()
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "up"})

    asyncio.run(play())


def test_a_stopped_dyno_comes_back_with_another_scale(stage: "Stage") -> None:
    async def play() -> None:
        async with supervised(stage) as (supervisor, _):
            release = stage.release(web=WEB)
            await supervisor.apply(ONE, release)
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "up"})
            await supervisor.stop("web")
            await supervisor.apply(ONE, release)
            assert states(supervisor) == {"web.1": "down"}
            await supervisor.apply({"web": Quantity(count=2)}, release)
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "up", "web.2": "up"})

    asyncio.run(play())


def test_a_lone_silent_web_dyno_sleeps_and_a_request_wakes_it(stage: "Stage") -> None:
    async def play() -> list[str]:
        async with supervised(stage, DynoSettings(idle=0.4, grace=5, port_every=0.01)) as (supervisor, heard):
            await supervisor.apply(ONE, stage.release(web=WEB))
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "idle"})
            await soon(supervisor, lambda: "Process exited with status 143" in heard.lines("web.1"))
            assert heard.state is AppState.IDLE
            assert await supervisor.wake()
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "up"})
            return heard.lines("web.1")

    lines = asyncio.run(play())
    assert "Idling" in lines
    assert "Unidling" in lines


def test_an_app_goes_to_sleep_though_the_router_could_not_tell_for_a_moment(stage: "Stage") -> None:
    class Forgetful(Heard):
        asked = 0

        async def in_flight(self, app: str) -> int:
            self.asked += 1
            if self.asked == 1:
                raise RouterFailed(doing="answering", said="It is being started again.")
            return 0

    async def play() -> None:
        heard, settings = Forgetful(), DynoSettings(idle=0.4, grace=5, port_every=0.01)
        supervisor = Supervisor(
            "demo", ground=stage.ground, sink=heard, clock=SystemClock(), settings=settings, traffic=heard
        )
        try:
            await supervisor.apply(ONE, stage.release(web=WEB))
            await soon(supervisor, lambda: states(supervisor) == {"web.1": "idle"})
        finally:
            await supervisor.shutdown()
        assert heard.asked == 2

    asyncio.run(play())


def test_a_dyno_that_cannot_be_started_says_why_each_time_and_keeps_nothing(stage: "Stage") -> None:
    """Two ports are enough for one dyno, however often it is tried."""
    nowhere = replace(stage.ground, engine=Bubblewrap(program=Path("/nonexistent/bwrap")))

    async def play() -> list[str]:
        heard, few = Heard(), Ports(low=LOW, high=LOW + 1)
        settings = DynoSettings(crash_delays=(0,), idle=None)
        supervisor = Supervisor("demo", ground=nowhere, sink=heard, clock=SystemClock(), settings=settings, ports=few)
        before = len(os.listdir("/proc/self/fd"))
        await supervisor.apply({"worker": Quantity(count=1)}, stage.release(worker="sleep 600"))
        await soon(supervisor, lambda: len(failures(heard)) > 3)
        await supervisor.shutdown()
        assert len(os.listdir("/proc/self/fd")) == before
        return failures(heard)

    def failures(heard: Heard) -> list[str]:
        return [line for line in heard.lines("worker.1") if "Error R99" in line]

    assert all("No such file or directory" in line for line in asyncio.run(play()))


def test_a_memory_hog_is_warned_of_with_r14_and_ended_with_r15(stage: "Stage") -> None:
    hog = "python3 -uc 'import time\nkept = []\nwhile True:\n kept.append(bytearray(40 << 20)); time.sleep(0.1)'"

    async def play() -> list[str]:
        async with supervised(stage, DynoSettings(memory_every=0.1, crash_delays=(60,))) as (supervisor, heard):
            await supervisor.apply({"worker": Quantity(count=1)}, stage.release(worker=hog))
            await soon(supervisor, lambda: states(supervisor) == {"worker.1": "crashed"})
            return heard.lines("worker.1")

    lines = asyncio.run(play())
    assert "Error R14 (Memory quota exceeded)" in lines
    assert lines[-4:] == [
        "Error R15 (Memory quota vastly exceeded)",
        "Stopping process with SIGKILL",
        "Process exited with status 137",
        "State changed from up to crashed",
    ]


@pytest.mark.slow
def test_the_end_of_the_supervisors_process_is_the_end_of_every_dyno(either_stage: "Stage", tmp_path: Path) -> None:
    """SIGKILL: nothing of slugc can clean up, so the walls must."""
    pids = tmp_path / "pids"

    async def play() -> None:
        async with supervised(either_stage) as (supervisor, _):
            stubborn = "trap '' TERM HUP; (setsid sleep 600 &); sleep 600; sleep 600"
            await supervisor.apply({"worker": Quantity(count=3)}, either_stage.release(worker=stubborn))
            await soon(supervisor, lambda: set(states(supervisor).values()) == {"up"})
            await asyncio.sleep(1)
            found = [m for row in supervisor.snapshot() if row.pid for m in (row.pid, *members(row.pid))]
            pids.with_suffix(".part").write_text(" ".join(map(str, found)))
            pids.with_suffix(".part").rename(pids)
            await asyncio.sleep(600)

    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            asyncio.run(play())
        os._exit(1)
    deadline = time.monotonic() + 60
    while not pids.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    found = [int(word) for word in pids.read_text().split()]
    assert len(found) >= 9
    os.kill(child, 9)
    os.waitpid(child, 0)
    while living(found):
        assert time.monotonic() < deadline, living(found)
        time.sleep(0.05)


@pytest.mark.slow
def test_a_fork_bomb_in_one_dyno_leaves_the_others_answering(stage: "Stage") -> None:
    if os.getuid() == 0 and (stage.ground.offer is None or "pids" not in stage.ground.offer.parents):
        pytest.skip("root's processes are bounded by a control group alone, and none can be made here")
    bomb = "echo lit; bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 600"

    async def play() -> None:
        async with supervised(stage, DynoSettings(grace=1, idle=None, crash_delays=(60,))) as (supervisor, heard):
            await supervisor.apply(ONE, stage.release(web=WEB))
            await soon(supervisor, lambda: bool(heard.dynos))
            await supervisor.apply({**ONE, "bomb": Quantity(count=1)}, stage.release(web=WEB, bomb=bomb))
            await soon_output(heard, "bomb.1", b"lit\n")
            await asyncio.sleep(2)
            (row,) = [row for row in supervisor.snapshot() if row.name == "bomb.1"]
            if row.pid:
                assert len(members(row.pid)) <= 256
            (port,) = heard.dynos.values()
            assert (await asyncio.to_thread(get, port)).startswith("web.1")
            await supervisor.apply(ONE, stage.release(web=WEB, bomb=bomb))
            await soon(supervisor, lambda: "bomb.1" not in states(supervisor))

    asyncio.run(play())
