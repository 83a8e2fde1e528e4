"""The hub: one stream in, several readers out."""

import asyncio
import json
import os
import resource
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slugc.errors.router import InvalidDrain, LogsDamaged, TooManyDrains, UnknownDrain
from slugc.logs.buffer import SEGMENT_BYTES
from slugc.logs.chunks import Chunk
from slugc.logs.drain import refusal
from slugc.logs.hub import TAIL_LINES, LogHub
from slugc.logs.queue import Backlog
from slugc.model.log import LogFilter


class SetClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


def texts(hub: LogHub, count: int = 1500, wanted: LogFilter | None = None) -> list[str]:
    return [line.text for entry in hub.last(count, wanted or LogFilter()) for line in entry.lines()]


def test_a_line_reads_as_heroku_prints_it(tmp_path: Path) -> None:
    hub = LogHub(tmp_path, clock=SetClock())
    hub.write("app", "web.1", b"hello\n")
    assert hub.last()[0].text == b"2026-11-23T10:00:00.000000+00:00 app[web.1]: hello\n"


def test_the_last_words_of_a_process_come_before_the_news_of_its_end(tmp_path: Path) -> None:
    hub = LogHub(tmp_path)
    hub.write("app", "web.1", b"fine\nabout to di")
    hub.event("heroku", "web.1", "Process exited with status 1")
    assert texts(hub) == ["fine", "about to di", "Process exited with status 1"]


def test_two_dynos_do_not_mix_their_unfinished_lines(tmp_path: Path) -> None:
    hub = LogHub(tmp_path)
    hub.write("app", "web.1", b"aa")
    hub.write("app", "web.2", b"bb")
    hub.write("app", "web.1", b"AA\n")
    hub.write("app", "web.2", b"BB\n")
    assert texts(hub) == ["aaAA", "bbBB"]


def test_the_stream_stays_in_order_when_the_clock_is_set_back(tmp_path: Path) -> None:
    clock = SetClock()
    hub = LogHub(tmp_path, clock=clock)
    hub.write("app", "web.1", b"first\n")
    clock.at -= timedelta(hours=1)
    hub.write("app", "web.1", b"second\n")
    ats = [entry.at for entry in hub.last()]
    assert ats == sorted(ats)


def test_1500_lines_are_kept_and_survive_a_restart(tmp_path: Path) -> None:
    async def scene() -> None:
        hub = LogHub(tmp_path)
        for n in range(2000):
            hub.write("app", "web.1", b"line %d\n" % n)
        await hub.close()
        again = LogHub(tmp_path)
        assert texts(again) == [f"line {n}" for n in range(500, 2000)]
        again.event("heroku", "web.1", "State changed from starting to up")
        assert texts(again, 2) == ["line 1999", "State changed from starting to up"]
        await again.close()

    asyncio.run(scene())


def test_a_line_torn_by_a_kill_does_not_swallow_the_next_one(tmp_path: Path) -> None:
    hub = LogHub(tmp_path)
    hub.write("app", "web.1", b"whole\n")
    with (tmp_path / "current.log").open("ab") as file:
        file.write(b"2026-11-23T10:00:00.000000+00:00 app[web.1]: tor")
    again = LogHub(tmp_path)
    again.write("app", "web.1", b"after\n")
    third = LogHub(tmp_path)
    assert texts(third) == ["whole", "tor", "after"]


def test_a_progress_bar_that_redraws_itself_survives_a_restart(tmp_path: Path) -> None:
    hub = LogHub(tmp_path)
    hub.write("app", "web.1", b"before\n 10%\r 60%\r100%\nafter\n")
    assert texts(LogHub(tmp_path)) == ["before", " 10%\r 60%\r100%", "after"]


def test_the_log_is_written_again_once_there_is_room_for_a_file(tmp_path: Path) -> None:
    """A full disk, or as here no descriptor left, when the next file was to be begun."""
    hub = LogHub(tmp_path)
    block = b"z" * 1000 + b"\n"
    while (tmp_path / "current.log").stat().st_size < SEGMENT_BYTES:
        hub.write("app", "web.1", block * 60)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        hub.write("app", "web.1", b"in vain\n")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    hub.write("app", "web.1", b"all is well\n")
    assert texts(hub, 2) == ["in vain", "all is well"]
    assert texts(LogHub(tmp_path), 1) == ["all is well"]


def test_the_files_stay_bounded_whatever_is_printed(tmp_path: Path) -> None:
    hub = LogHub(tmp_path)
    block = b"z" * 1000 + b"\n"
    for _ in range(300):
        hub.write("app", "web.1", block * 60)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 3 * SEGMENT_BYTES
    assert len(texts(LogHub(tmp_path))) == 1500
    assert (tmp_path / "current.log").stat().st_mode & 0o777 == 0o600


def test_a_log_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogsDamaged) as caught:
        LogHub(tmp_path / "file" / "app")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(LogFilter(dyno="web"), ["a", "b", "up"], id="a process type"),
        pytest.param(LogFilter(dyno="web.2"), ["b"], id="one dyno"),
        pytest.param(LogFilter(source="app"), ["a", "b", "c"], id="a source"),
        pytest.param(LogFilter(source="heroku", dyno="router"), ["at=info"], id="both"),
        pytest.param(LogFilter(dyno="we"), [], id="half a name"),
    ],
)
def test_filters(tmp_path: Path, wanted: LogFilter, found: list[str]) -> None:
    hub = LogHub(tmp_path)
    hub.write("app", "web.1", b"a\n")
    hub.write("app", "web.2", b"b\n")
    hub.write("app", "worker.1", b"c\n")
    hub.write("heroku", "router", b"at=info\n")
    hub.event("heroku", "web.1", "up")
    assert texts(hub, wanted=wanted) == found


def test_a_tail_gets_the_past_and_the_future_without_a_gap(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        hub = LogHub(tmp_path)
        hub.write("app", "web.1", b"old\nolder\n")
        heard: list[str] = []

        async def listen() -> None:
            async for entry in hub.tail(lines=1):
                heard.extend(line.text for line in entry.lines())

        task = asyncio.create_task(listen())
        await asyncio.sleep(0)
        hub.write("app", "web.1", b"new\nand hal")
        await asyncio.sleep(0)
        await hub.close()
        await task
        return heard

    assert asyncio.run(scene()) == ["older", "new", "and hal"]


def test_a_slow_tail_loses_its_own_lines_and_is_told_how_many(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        hub = LogHub(tmp_path)
        tail = hub.tail(lines=1)
        hub.write("app", "web.1", b"begin\n")
        first = await anext(tail)
        assert first.messages() == [b"begin"]
        following = asyncio.ensure_future(anext(tail))
        await asyncio.sleep(0)
        for n in range(TAIL_LINES + 500):
            hub.write("app", "web.1", b"%d\n" % n)
        heard = [line.text for line in (await following).lines()]
        while len(heard) < TAIL_LINES:
            heard.extend(line.text for line in (await anext(tail)).lines())
        await tail.aclose()
        assert texts(hub, 1) == [str(TAIL_LINES + 499)]
        await hub.close()
        return heard

    heard = asyncio.run(scene())
    assert heard[0].startswith("Error L11 (Tail buffer overflow) -> This tail session dropped 500 messages since 2")
    assert heard[1] == "500"


def test_a_tail_that_goes_away_is_forgotten(tmp_path: Path) -> None:
    async def scene() -> None:
        hub = LogHub(tmp_path)
        hub.write("app", "web.1", b"a\n")
        tail = hub.tail()
        await anext(tail)
        assert len(hub._tails) == 1
        await tail.aclose()
        assert hub._tails == {}
        await hub.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("syslog+tcp://logs.example:514", None),
        ("syslog+tls://[::1]:6514", None),
        ("https://user:secret@logs.example/in", None),
        ("syslog+tcp://logs.example", "It names no port."),
        ("ftp://logs.example", "Its scheme is ftp"),
        ("logs.example:514", "Its scheme is"),
        ("https:///path", "It names no host."),
        ("syslog+tcp://host:99999", "Port out of range"),
        ("syslog+tcp://logs..example:514", "Its host cannot be looked up"),
        (f"https://{'x' * 64}.example/in", "Its host cannot be looked up"),
        ("https://logs.example/a b", "It has a blank or a control character."),
    ],
)
def test_addresses_of_drains(url: str, reason: str | None) -> None:
    found = refusal(url)
    assert (found is None) if reason is None else (found is not None and found.startswith(reason))


def test_drains_are_kept_over_a_restart_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    async def scene() -> None:
        hub = LogHub(tmp_path)
        drain = hub.add_drain("https://user:secret@127.0.0.1:9/x")
        assert hub.add_drain(drain.url) == drain
        for n in range(4):
            hub.add_drain(f"syslog+tcp://127.0.0.1:{n + 1}")
        with pytest.raises(TooManyDrains):
            hub.add_drain("syslog+tcp://127.0.0.1:99")
        with pytest.raises(InvalidDrain):
            hub.add_drain("nonsense")
        await hub.close()
        again = LogHub(tmp_path)
        assert len(again.drains) == 5
        assert again.drains[0] == drain
        with pytest.raises(UnknownDrain):
            await again.remove_drain("d.nobody")
        assert await again.remove_drain(drain.token) == drain
        assert drain not in again.drains
        await again.close()

    asyncio.run(scene())
    rows = json.loads((tmp_path / "drains.json").read_text())
    assert len(rows) == 4
    assert os.stat(tmp_path / "drains.json").st_mode & 0o777 == 0o600


def test_a_drain_that_is_removed_leaves_nobody_waiting(tmp_path: Path) -> None:
    async def scene() -> None:
        received = asyncio.Event()
        ended = asyncio.Event()

        async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"hello")
            received.set()
            await reader.read()
            writer.close()
            ended.set()

        server = await asyncio.start_server(receive, "127.0.0.1", 0)
        hub = LogHub(tmp_path)
        before = asyncio.all_tasks()
        drain = hub.add_drain(f"syslog+tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        hub.write("app", "web.1", b"hello\n")
        await asyncio.wait_for(received.wait(), 30)
        for _ in range(20):  # it turns to what comes next
            await asyncio.sleep(0)
        await hub.remove_drain(drain.url)
        await asyncio.wait_for(ended.wait(), 30)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
        server.close()
        await hub.close()

    asyncio.run(scene())


@dataclass(frozen=True)
class Numbered:
    """Lines that remember how many of them were written out."""

    count: int
    written: list[int]

    def text(self, last: int | None = None) -> bytes:
        first = 0 if last is None else max(self.count - last, 0)
        self.written.append(self.count - first)
        return b"".join(b"%d\n" % number for number in range(first, self.count))


def test_late_lines_keep_their_place_among_others(tmp_path: Path) -> None:
    async def scene() -> None:
        hub = LogHub(tmp_path)
        hub.write("app", "web.1", b"before\n")
        hub.write_late("heroku", "router", Numbered(2, []))
        hub.event("heroku", "web.1", "after")
        assert texts(hub) == ["before", "0", "1", "after"]
        await hub.close()

    asyncio.run(scene())


def test_late_lines_are_there_when_somebody_looks(tmp_path: Path) -> None:
    async def scene() -> None:
        hub = LogHub(tmp_path)
        hub.write_late("heroku", "router", Numbered(2, []))
        assert texts(hub) == ["0", "1"]
        hub.write_late("heroku", "router", Numbered(1, []))
        await hub.close()
        assert texts(LogHub(tmp_path)) == ["0", "1", "0"]

    asyncio.run(scene())


def test_late_lines_reach_the_file_though_nobody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slugc.logs.hub.UNREAD_SECONDS", 0.0)

    async def scene() -> None:
        hub = LogHub(tmp_path)
        hub.write_late("heroku", "router", Numbered(2, []))
        await asyncio.sleep(0.01)
        assert b"heroku[router]: 1\n" in (tmp_path / "current.log").read_bytes()
        await hub.close()

    asyncio.run(scene())


def test_late_lines_that_the_buffer_would_not_keep_are_never_written(tmp_path: Path) -> None:
    async def scene() -> None:
        hub, written = LogHub(tmp_path), []
        for _ in range(10):
            hub.write_late("heroku", "router", Numbered(1000, written))
        assert written == []
        assert texts(hub) == [*map(str, range(500, 1000)), *map(str, range(1000))]
        assert written == [1000, 1000]
        hub.write_late("heroku", "router", Numbered(100_000, written))
        assert texts(hub, 1) == ["99999"]
        assert written[2:] == [1500]
        await hub.close()

    asyncio.run(scene())


def test_a_tail_gets_late_lines_at_once(tmp_path: Path) -> None:
    async def scene() -> None:
        hub = LogHub(tmp_path)
        tail = hub.tail()
        hub.event("heroku", "web.1", "up")
        assert (await anext(tail)).count == 1
        hub.write_late("heroku", "router", Numbered(2000, []))
        found = await anext(tail)
        assert (found.source, found.dyno, found.count) == ("heroku", "router", 2000)
        await tail.aclose()
        await hub.close()

    asyncio.run(scene())


def test_a_notice_of_lost_lines_that_did_not_arrive_is_counted_on() -> None:
    backlog = Backlog(lines=1, size=1000)
    for second in range(3):
        backlog.put(Chunk(b"T%d" % second, "app", "web.1", b"line\n", 1))
    lost = backlog.losses()
    assert lost == (2, b"T0")
    backlog.put(Chunk(b"T3", "app", "web.1", b"line\n", 1))
    backlog.still_lost(lost)
    assert backlog.losses() == (3, b"T0")


def test_what_the_platform_says_of_a_file_with_any_name_is_a_line(tmp_path: Path) -> None:
    hub = LogHub(tmp_path)
    hub.event("heroku", "web.1", "Error R99 (Platform error) -> caf\udce9 is not there")
    assert texts(hub) == ["Error R99 (Platform error) -> caf\\udce9 is not there"]
