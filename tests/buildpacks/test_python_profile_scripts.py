"""What .profile.d of a Python slug sets, run by a real bash with the memory limit files of a dyno."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from slugc_buildpack.profile import write_scripts

SCRIPTS = Path(__file__).resolve().parents[2] / "buildpacks/python/profile"
CORES = len(os.sched_getaffinity(0))
pytestmark = pytest.mark.skipif(shutil.which("nproc") is None, reason="needs nproc (coreutils)")


def sourced(tmp_path, files, **env):
    """The environment after both scripts, and what they said."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "slug").mkdir()
    write_scripts(tmp_path / "slug", SCRIPTS)
    script = f'for s in "{tmp_path}"/slug/.profile.d/*.sh; do . "$s"; done; env -0'
    given = {"PATH": "/usr/bin:/bin", "HOME": "/app", "SLUGC_CGROUP": str(tmp_path), **env}
    done = subprocess.run(["bash", "-euc", script], env=given, capture_output=True, text=True, check=True)
    return dict(pair.split("=", 1) for pair in done.stdout.split("\0") if pair), done.stderr


def expected(megabytes):
    return str(max(1, min(megabytes // 256, 2 * CORES + 1)))


@pytest.mark.parametrize(("name", "folder"), [("memory.max", ""), ("memory.limit_in_bytes", "memory/")])
@pytest.mark.parametrize("megabytes", [128, 512, 1024, 14336])
def test_workers_follow_the_memory_of_the_dyno(tmp_path, name, folder, megabytes):
    seen, said = sourced(tmp_path, {folder + name: f"{megabytes << 20}\n"}, DYNO="web.1")
    assert (seen["WEB_CONCURRENCY"], seen["DYNO_RAM"]) == (expected(megabytes), str(megabytes))
    assert said == f"Python buildpack: {megabytes} MB of memory, WEB_CONCURRENCY={expected(megabytes)}\n"


@pytest.mark.parametrize("text", ["max\n", "9223372036854771712\n", "", "-1\n", "99999999999999999999999\n"])
def test_without_a_real_limit_nothing_is_guessed(tmp_path, text):
    seen, said = sourced(tmp_path, {"memory.max": text}, DYNO="web.1")
    assert "WEB_CONCURRENCY" not in seen
    assert "DYNO_RAM" not in seen
    assert said == ""


def test_a_value_of_the_users_own_wins(tmp_path):
    seen, _ = sourced(tmp_path, {"memory.max": str(1 << 30)}, WEB_CONCURRENCY="9")
    assert seen["WEB_CONCURRENCY"] == "9"


def test_only_web_dynos_are_told(tmp_path):
    assert sourced(tmp_path, {"memory.max": str(1 << 30)}, DYNO="run.7")[1] == ""


def test_python_and_the_app_are_found(tmp_path):
    seen, _ = sourced(tmp_path, {})
    assert seen["PATH"] == "/app/.heroku/python/bin:/usr/bin:/bin"
    assert (seen["PYTHONPATH"], seen["LANG"], seen["GUNICORN_CMD_ARGS"]) == ("/app", "C.UTF-8", "--access-logfile -")


def test_nothing_is_set_that_the_user_has_set(tmp_path):
    given = {
        "PYTHONPATH": "/lib",
        "LANG": "de_DE.UTF-8",
        "GUNICORN_CMD_ARGS": "--reload",
        "FORWARDED_ALLOW_IPS": "10.0.0.1",
    }
    seen, _ = sourced(tmp_path, {}, **given)
    assert {name: seen[name] for name in given} == given
