"""A machine that refuses user namespaces, as hardened hosts and many CI containers do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REFUSE = ("unshare", "--user", "--map-root-user", "/bin/sh", "-c")
# The limit counts in this user namespace alone, and goes with it.
NO_MORE = "echo 0 > /proc/sys/user/max_user_namespaces && "


@pytest.fixture(scope="module")
def machine() -> tuple[str, ...]:
    done = subprocess.run([*REFUSE, NO_MORE + "! unshare --user true"], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a machine without user namespaces cannot be made here: {done.stderr.strip()}")
    return (*REFUSE, NO_MORE + '"$@"', "sh", sys.executable, "-m", "slugc")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/f").write_text("from the slug\n")
    pack = tmp_path / "pack/bin"
    pack.mkdir(parents=True)
    for name, text in {
        "detect": "echo tiny",
        "compile": "cp $1/f $1/g; (setsid sleep 300 &)",
        "release": "echo",
    }.items():
        (pack / name).write_text(f"#!/bin/sh\n{text}\n")
        (pack / name).chmod(0o755)
    return tmp_path / "app"


def slugc(machine: tuple[str, ...], home: Path, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "SLUGC_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.run([*machine, *map(str, words)], env=env, capture_output=True, text=True)


def test_doctor_gives_the_reason_and_a_way_out(machine: tuple[str, ...], tmp_path: Path) -> None:
    findings = json.loads(slugc(machine, tmp_path, "doctor", "--json").stdout)
    isolation = next(finding for finding in findings if finding["name"] == "isolation")
    assert not isolation["ok"]
    assert "user namespaces are refused here" in isolation["detail"]
    assert "Install bubblewrap" in isolation["hint"]


def test_required_isolation_is_an_error(machine: tuple[str, ...], app: Path, tmp_path: Path) -> None:
    done = slugc(machine, tmp_path / "home", "build", app, "-b", app.parent / "pack", "--isolation", "required")
    assert done.returncode == 54
    assert "user namespaces are refused here" in done.stderr


@pytest.mark.slow
def test_a_build_goes_on_without_walls_says_so_and_its_slug_runs(
    machine: tuple[str, ...], app: Path, tmp_path: Path
) -> None:
    slug = tmp_path / "a.slug"
    done = slugc(machine, tmp_path / "home", "build", app, "-b", app.parent / "pack", "-o", slug)
    assert done.returncode == 0, done.stderr
    assert "No isolation: user namespaces are refused here" in done.stderr
    for _ in range(2):
        ran = slugc(machine, tmp_path / "home", "run", slug, "--", "sh", "-c", "cat g; rm g; exit 7")
        assert (ran.returncode, ran.stdout) == (7, "from the slug\n"), ran.stderr
