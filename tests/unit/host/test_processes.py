"""Children of the build: what the caller sees of them, and that none survives."""

import os
import sys
import time
from pathlib import Path

from slugc.host.processes import LINE_LIMIT, Command, LineSplitter, capture, run

PATH = {"PATH": "/usr/bin:/bin"}


def sh(text: str, *, timeout: float | None = None) -> tuple[int, list[tuple[str, str]]]:
    lines: list[tuple[str, str]] = []
    completed = run(
        Command(argv=("/bin/sh", "-c", text), env=PATH),
        on_line=lambda line, stream: lines.append((stream, line)),
        timeout=timeout,
        grace=0.2,
    )
    return completed.status, lines


def test_lines_of_both_streams_arrive_with_the_last_one_unfinished() -> None:
    status, lines = sh("echo one; echo two >&2; printf three; exit 4")
    assert status == 4
    assert sorted(lines) == [("stderr", "two"), ("stdout", "one"), ("stdout", "three")]


def test_bytes_that_are_not_utf8_are_shown_and_do_not_stop_the_stream() -> None:
    _, lines = sh(r"printf 'a\377b\nok\n'")
    assert [line for _, line in lines] == ["a�b", "ok"]


def test_a_child_sees_only_the_environment_it_was_given() -> None:
    os.environ["SLUGC_TEST_SECRET"] = "leak"
    try:
        _, out, _ = capture(Command(argv=("/usr/bin/env",), env={"ONLY": "this"}))
    finally:
        del os.environ["SLUGC_TEST_SECRET"]
    assert out == "ONLY=this"


def test_a_payload_reaches_the_child_through_a_descriptor_and_not_its_arguments() -> None:
    command = Command(
        argv=(sys.executable, "-c", "import os,sys; print(os.read(int(sys.argv[1]), 99).decode())", "@fd0@"),
        env=PATH,
        payloads=(b"secret value",),
    )
    _, out, _ = capture(command)
    assert out == "secret value"
    assert "secret" not in " ".join(command.argv)


def test_a_child_that_ignores_sigterm_is_killed_with_its_whole_group(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    status, _ = sh(f"trap '' TERM; (trap '' TERM; sleep 2; touch {mark}) & sleep 60", timeout=0.3)
    assert status == 137
    time.sleep(2.2)
    assert not mark.exists()


def test_a_daemon_that_keeps_the_pipe_open_does_not_hang_the_build() -> None:
    began = time.monotonic()
    status, lines = sh("(sleep 30) & echo done")
    assert (status, lines) == (0, [("stdout", "done")])
    assert time.monotonic() - began < 15


def test_a_very_long_line_is_cut_and_nothing_of_it_is_lost() -> None:
    splitter = LineSplitter()
    text = "x" * (2 * LINE_LIMIT + 5)
    lines = splitter.feed(text.encode()) + splitter.feed(b"\nnext\n", final=True)
    assert "".join(lines[:-1]) == text
    assert max(map(len, lines)) == LINE_LIMIT
    assert lines[-1] == "next"
