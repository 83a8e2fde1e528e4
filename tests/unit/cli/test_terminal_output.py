"""What a terminal, a dumb one and a file are sent while a build goes on."""

import io

import pytest

from slugc.cli.session import OutputForm, listener
from slugc.events import Progress, Step

HALF = Progress(what="Packing", done=50_000_000, total=100_000_000, unit="bytes")
WHOLE = Progress(what="Packing", done=100_000_000, total=100_000_000, unit="bytes")
ESCAPE = "\x1b"
CLEAN = "\r\x1b[K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def sent(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, **environ: str) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    emit = listener(OutputForm.HUMAN)
    for event in (HALF, Step(text="Next"), HALF, WHOLE):
        emit(event)
    return stream.getvalue()


def test_a_terminal_gets_a_bar_that_leaves_no_trace_in_the_next_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = sent(Terminal(), monkeypatch, TERM="xterm", NO_COLOR="1")
    bar, after = text.split(CLEAN, 1)
    assert bar.startswith("\r       Packing [###############...............] 50")
    assert after.startswith("-----> Next\n")


def test_a_terminal_has_colours_unless_they_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"{ESCAPE}[1m-----> Next" in sent(Terminal(), monkeypatch, TERM="xterm")
    assert f"{ESCAPE}[1m" not in sent(Terminal(), monkeypatch, TERM="xterm", NO_COLOR="1")


def test_a_dumb_terminal_gets_lines_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(Terminal(), monkeypatch, TERM="dumb") == "-----> Next\n"


def test_a_file_gets_lines_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sent(io.StringIO(), monkeypatch, TERM="xterm") == "-----> Next\n"
