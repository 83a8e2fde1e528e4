"""slugc as a user calls it: another process, with a state folder of its own."""

import os
import subprocess
import sys
from pathlib import Path


def slugc(home: Path, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "slugc", *map(str, words)]
    return subprocess.run(argv, env=environment(home), capture_output=True, text=True)


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "SLUGC_HOME": str(home), "NO_COLOR": "1"}
