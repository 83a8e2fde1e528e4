"""Ctrl-C, SIGTERM and a closed terminal in the middle of a build: its exit code, and nothing left."""

import os
import signal
import subprocess
import sys
import time

import pytest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_build_leaves_no_scratch_and_no_output(tmp_path, packs, number):
    source, home = tmp_path / "app", tmp_path / "home"
    source.mkdir()
    # The signal's default, whatever the test run itself was started with: shells ignore SIGINT for background jobs.
    script = f"import signal; signal.signal({int(number)}, signal.SIG_DFL)\n"
    script += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    script += "import sys; from slugc.cli import main; main(sys.argv[1:])"
    argv = [
        sys.executable,
        "-c",
        script,
        "build",
        str(source),
        "-b",
        str(packs / "slow"),
        "-o",
        str(tmp_path / "x.slug"),
    ]
    log = tmp_path / "log"
    with log.open("wb") as out:
        child = subprocess.Popen(argv, stdout=out, stderr=out, env={**os.environ, "SLUGC_HOME": str(home)})
        deadline = time.monotonic() + 60
        while b"going to sleep" not in log.read_bytes() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(number)
        assert child.wait(60) == 128 + number, log.read_text()
    assert list((home / "work").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app", "home", "log"]
