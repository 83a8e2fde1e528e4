"""How a built-in buildpack ends when something goes wrong in it."""

import errno
import os
import sys

import pytest

from slugc_buildpack import children, script


def ended(tmp_path, monkeypatch, capsys, error):
    def work(build):
        raise error

    places = [tmp_path / name for name in ("build", "cache", "env")]
    for place in places:
        place.mkdir()
    monkeypatch.setattr(sys, "argv", ["compile", *map(str, places)])
    with pytest.raises(SystemExit) as left:
        script.compile_app("python", work)
    return left.value.code, capsys.readouterr().out


def test_a_full_disk_is_said_without_a_traceback(tmp_path, monkeypatch, capsys):
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/app/x")
    code, text = ended(tmp_path, monkeypatch, capsys, error)
    assert code == 1
    assert "The disk is full" in text
    assert "(python.disk-full)" in text
    assert "Traceback" not in text


def test_what_nobody_foresaw_shows_where_it_happened(tmp_path, monkeypatch, capsys):
    code, text = ended(tmp_path, monkeypatch, capsys, ZeroDivisionError("by nothing"))
    assert code == 1
    assert "(python.internal)" in text
    assert "ZeroDivisionError: by nothing" in text


def test_a_program_that_does_not_end_or_is_not_there_is_named():
    assert children.capture(("sleep", "9"), env=os.environ, timeout=0.1).err == "sleep did not end within 0 seconds"
    assert children.capture(("/no/such",), env={}).err == "/no/such cannot be started: No such file or directory"
