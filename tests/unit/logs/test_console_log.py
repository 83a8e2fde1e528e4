"""What the person in front of `slugc start` reads."""

import re

from slugc.host.clock import SystemClock
from slugc.logs.console import ConsoleLog

_TIME = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 ", re.MULTILINE)


def test_lines_are_whole_and_an_unfinished_one_comes_before_what_the_platform_says_of_its_dyno() -> None:
    out: list[bytes] = []
    log = ConsoleLog(out.append, clock=SystemClock())
    log.write("app", "web.1", b"one\r\ntw")
    log.write("app", "web.2", b"half")
    log.write("app", "web.1", b"o\n\xff and no end")
    log.event("heroku", "web.1", "Process exited with status 1")
    assert _TIME.sub(b"", b"".join(out)) == (
        b"app[web.1]: one\napp[web.1]: two\napp[web.1]: \xff and no end\nheroku[web.1]: Process exited with status 1\n"
    )


def test_a_line_without_an_end_is_cut_where_the_log_cuts_lines() -> None:
    out: list[bytes] = []
    ConsoleLog(out.append, clock=SystemClock()).write("app", "web.1", b"x" * 25_000)
    assert [line.count(b"x") for line in b"".join(out).splitlines()] == [10_000, 10_000]
