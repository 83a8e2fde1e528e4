"""What carries an owner's mark ends with the owner, and nothing else does."""

import os
import subprocess
import time
from pathlib import Path

from slugc.sandbox.owned import undertaken
from slugc.sandbox.undertaker import MARK, marked, sweep


def sleeper(owner: str | None) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(["/bin/sleep", "60"], env={MARK: owner} if owner else {}, start_new_session=True)
    # Popen returns some microseconds before the kernel shows the new program's words and environment.
    while not Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(b"/bin/sleep"):
        time.sleep(0.001)
    return process


def test_only_what_carries_the_mark_is_ended(tmp_path: Path) -> None:
    mine, longer, other = sleeper(str(tmp_path)), sleeper(f"{tmp_path}2"), sleeper(None)
    try:
        assert marked(str(tmp_path)) == [mine.pid]
        sweep(str(tmp_path), scans=1)
        assert mine.wait(30) == -9
        assert (longer.poll(), other.poll()) == (None, None)
    finally:
        for process in (mine, longer, other):
            process.kill()
            process.wait()


def test_what_an_earlier_owner_left_is_gone_before_a_new_one_begins(tmp_path: Path) -> None:
    left = sleeper(str(tmp_path))
    try:
        with undertaken(str(tmp_path)):
            assert left.wait(30) == -9
            assert os.environ[MARK] == str(tmp_path)
    finally:
        left.kill()
        left.wait()
    assert MARK not in os.environ
