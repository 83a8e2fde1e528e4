"""Standard streams that are full, closed or gone: said plainly, and never blamed on something else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def slugc(tmp_path: Path, line: str) -> "subprocess.CompletedProcess[str]":
    """`line` typed in bash, with `slugc` for this one."""
    env = {"PATH": os.environ["PATH"], "SLUGC_HOME": str(tmp_path / "home"), "PYTHONIOENCODING": "utf-8"}
    script = f'slugc() {{ "{sys.executable}" -m slugc "$@"; }}; set -o pipefail; {line}'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=env)


@pytest.mark.parametrize(
    "command", ["--version", "--help", "doctor --json", "build nope --json"], ids=lambda name: name.split()[0]
)
def test_a_full_stdout_is_named_and_nothing_else_is_blamed(tmp_path: Path, command: str) -> None:
    done = slugc(tmp_path, f"slugc {command} >/dev/full")
    assert done.returncode == 2
    assert "stdout could not be written (usage.output)" in done.stderr
    assert "No space left on device" in done.stderr
    assert "SLUGC_HOME" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_stderr_ends_the_command_with_its_own_code(tmp_path: Path) -> None:
    assert slugc(tmp_path, "slugc build nope 2>/dev/full").returncode == 2


def test_a_reader_that_leaves_early_ends_a_listing_quietly(tmp_path: Path) -> None:
    done = slugc(tmp_path, "slugc --help | true")
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_closed_stream_changes_nothing(tmp_path: Path, closed: str) -> None:
    done = slugc(tmp_path, f"slugc inspect nope.slug {closed}")
    assert done.returncode == slugc(tmp_path, "slugc inspect nope.slug").returncode
    assert "Traceback" not in done.stderr


def test_a_name_that_the_locale_cannot_spell_is_escaped(tmp_path: Path) -> None:
    done = slugc(tmp_path, "PYTHONIOENCODING=ascii slugc inspect nöpe.slug")
    assert "n\\xf6pe.slug" in done.stderr
