"""SIGKILL at any moment: nothing half written, the old cache and the old slug still there, no child left."""

import os
import signal
import subprocess
import sys
import time

import pytest

from slugc.cache import BuildCache

SCRIPT = """
import sys
from pathlib import Path
from slugc import pipeline
from slugc.host.clock import SystemClock
from slugc.host.home import Home
from slugc.model.build import BuildRequest, Isolation
request = BuildRequest(source=sys.argv[2], buildpacks=(sys.argv[3],), rebuild=True, isolation=Isolation(sys.argv[4]))
pipeline.build(request, home=Home(Path(sys.argv[1])), clock=SystemClock(), environ={})
"""


@pytest.fixture
def killed(builder, packs):
    def kill_when(source, ready, isolation="auto", pack="killable"):
        argv = [sys.executable, "-c", SCRIPT, str(builder.home.root), str(source), str(packs / pack), isolation]
        child = subprocess.Popen(argv)
        deadline = time.monotonic() + 60
        while not ready() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert child.poll() is None, "it ended before it could be killed"
        child.send_signal(signal.SIGKILL)
        child.wait()

    return kill_when


@pytest.mark.parametrize("isolation", ["auto", "none"])
def test_a_build_killed_in_compile_leaves_the_old_cache_and_slug_and_no_child(builder, app, killed, isolation):
    source = app({"a": "b"})
    first = builder.build(source, "killable")
    (source / "wait-for-kill").write_text("")
    killed(source, lambda: list(builder.home.work.glob("build-*/tree/app/waiting")), isolation)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        if str(builder.home.root) not in running and "slugc-test-killable" not in running:
            break
        time.sleep(0.1)
    assert "slugc-test-killable" not in running
    (source / "wait-for-kill").unlink()
    assert first.slug.path.exists()
    assert builder.build(source, "killable").reused
    builder.build(source, "killable", rebuild=True)
    assert "build number 2" in builder.transcript


def test_what_a_killed_build_left_is_swept_away_by_a_later_one(builder, app, killed):
    source = app({"a": "b", "wait-for-kill": ""})
    killed(source, lambda: list(builder.home.work.glob("build-*/tree/app/waiting")))
    (left,) = builder.home.work.glob("build-*")
    os.utime(left, (1, 1))
    (source / "wait-for-kill").unlink()
    builder.build(source, "killable")
    assert not left.exists()


def test_a_cache_whose_swap_was_cut_in_half_is_found_again(builder, app):
    source = app({"a": "b"})
    builder.build(source, "killable")
    cache = BuildCache(home=builder.home, app=str(source))
    cache.live.rename(cache.folder / "previous")
    builder.build(source, "killable", rebuild=True)
    assert "build number 2" in builder.transcript
