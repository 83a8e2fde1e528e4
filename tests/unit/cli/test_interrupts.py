"""Ctrl-C while slugc is still loading."""

import os
import signal
import subprocess
import sys
from pathlib import Path

IMPATIENT = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(60)
"""


def test_ctrl_c_while_modules_load_ends_slugc_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text(IMPATIENT)
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "SLUGC_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "slugc", "build"], env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
