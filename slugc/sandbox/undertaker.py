"""Ends what a killed platform left behind. Started by file name, standard library only.

Children of a platform die with it by the kernel's parent-death signal, but a child asks for that signal some
milliseconds after it was started: a platform killed in between would leave it alone for ever. This process sits
in a session of its own, waits for the end of the platform (their pipe closes) and then kills every process that
carries the platform's mark in its environment. The mark is there from the first moment: it comes with exec.
"""

import contextlib
import os
import signal
import sys
import time

MARK = "SLUGC_OWNER"
QUIET_SCANS = 10
PAUSE = 0.03
"""Seconds between scans; a child may be forked and not yet marked, so one scan that finds nothing proves little."""


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    goodbye = os.read(0, 1)
    sweep(sys.argv[1], scans=1 if goodbye else QUIET_SCANS)


def sweep(owner: str, *, scans: int) -> None:
    """Kill all marked processes, until so many scans in a row have found none."""
    quiet = 0
    while quiet < scans:
        found = marked(owner)
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        quiet = 0 if found else quiet + 1
        if quiet < scans:
            time.sleep(PAUSE)


def marked(owner: str) -> list[int]:
    mark = f"{MARK}={owner}\0".encode("utf-8", "surrogateescape")
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - thousands of Path objects for a list of numbers
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as environ:  # noqa: PTH123
                if mark in environ.read():
                    found.append(int(name))
    return found


if __name__ == "__main__":
    main()
