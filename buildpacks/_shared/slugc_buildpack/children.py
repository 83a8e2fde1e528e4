"""Child processes: streamed under seven spaces, or captured; always with an explicit environment."""

import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack import transcript

TAIL = 25
"""Lines of a failed child that are kept as evidence."""


class ChildFailed(Exception):
    """A child ended with another status than 0. `tail` is its last lines."""

    def __init__(self, *, argv: Sequence[str], status: int, tail: Sequence[str]) -> None:
        super().__init__(f"{argv[0]} ended with status {status}")
        self.argv, self.status, self.tail = tuple(argv), status, tuple(tail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    status: int
    out: str
    err: str


def run(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None, quiet: bool = False, keep: int = TAIL
) -> list[str]:
    """Run to the end, each line into the transcript as it comes (unless `quiet`). Returns the last `keep` lines.

    Raises ChildFailed. stdin is closed, stderr joins stdout in order.
    """
    tail: deque[str] = deque(maxlen=keep)
    with subprocess.Popen(
        list(argv),
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as child:
        assert child.stdout is not None
        for raw in child.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            tail.append(line)
            if not quiet:
                transcript.detail(line)
    if child.returncode != 0:
        raise ChildFailed(argv=argv, status=child.returncode, tail=tail)
    return list(tail)


def capture(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None, timeout: float | None = None
) -> Captured:
    """Run to the end and keep the output. A time-out, or a program that is not there, is status 127 with the reason
    in `err`."""
    try:
        done = subprocess.run(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return Captured(status=127, out="", err=f"{Path(argv[0]).name} did not end within {error.timeout:.0f} seconds")
    except OSError as error:
        return Captured(status=127, out="", err=f"{argv[0]} cannot be started: {error.strerror}")
    return Captured(
        status=done.returncode, out=done.stdout.decode("utf-8", "replace"), err=done.stderr.decode("utf-8", "replace")
    )
