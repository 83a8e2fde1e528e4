"""The processes of a running sandbox, as seen from outside: signals for them, but not for the engine."""

import contextlib
import os
import signal


def processes(started: int) -> list[int]:
    """Host pids of everything under the process that was started for a spec, itself left out, oldest first.

    Both engines put processes of their own first (bubblewrap's pid 1, the janitor). They ignore whatever can be
    ignored, so a caller need not tell them apart.
    """
    import psutil

    with contextlib.suppress(psutil.Error):
        return [child.pid for child in psutil.Process(started).children(recursive=True)]
    return []


def send(started: int, number: signal.Signals) -> int:
    """Send a signal to every process inside; the number of processes that took it.

    Not to the started process: bubblewrap would die of SIGTERM, and everything inside with it, unwarned.
    """
    sent = 0
    for pid in processes(started):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
            sent += 1
    return sent


def end(started: int) -> None:
    """End everything at once: the walls fall, and all inside with them."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(started, signal.SIGKILL)
