"""A log's way out through a reader that may stand still."""

import threading

import pytest

from slugc.logs import outlet as module
from slugc.logs.outlet import Outlet

SECONDS = 30.0


def notice(lost: int) -> bytes:
    return b"lost %d\n" % lost


def unexpected(error: Exception) -> None:
    raise AssertionError(error)


def test_everything_comes_in_order_and_before_the_end() -> None:
    seen: list[object] = []
    outlet = Outlet(seen.append, on_failure=unexpected, notice=notice)
    outlet.put(b"a\n")
    outlet.call(lambda: seen.append("url"))
    outlet.put(b"b\n")
    outlet.close(seconds=SECONDS)
    assert seen == [b"a\n", "url", b"b\n"]


def test_a_reader_that_stands_still_loses_the_oldest_lines_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_BYTES", 8)
    seen: list[object] = []
    begun, go = threading.Event(), threading.Event()

    def slow(data: bytes) -> None:
        begun.set()
        assert go.wait(SECONDS)
        seen.append(data)

    outlet = Outlet(slow, on_failure=unexpected, notice=notice)
    outlet.put(b"first\n")
    assert begun.wait(SECONDS)
    outlet.put(b"2\n3\n")
    outlet.call(lambda: seen.append("url"))
    outlet.put(b"4\n")
    outlet.put(b"5\n6\n")
    outlet.close(seconds=0)
    go.set()
    outlet.close(seconds=SECONDS)
    assert seen == [b"first\n", b"lost 2\n", "url", b"4\n", b"5\n6\n"]


def test_a_failure_is_handed_on_and_nothing_more_is_written() -> None:
    failures: list[Exception] = []

    def refuse(_data: bytes) -> None:
        raise BrokenPipeError

    outlet = Outlet(refuse, on_failure=failures.append, notice=notice)
    outlet.put(b"a\n")
    outlet.put(b"b\n")
    outlet.close(seconds=SECONDS)
    assert [type(failure) for failure in failures] == [BrokenPipeError]
