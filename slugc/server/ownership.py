"""One platform for one SLUGC_HOME: the lock, and the names of what lies beside it."""

import os
from pathlib import Path

from slugc.errors.platform import PlatformAlreadyRuns
from slugc.host.home import Home
from slugc.host.locks import try_exclusive


def socket_path(home: Home) -> Path:
    return home.state / "platform.sock"


def log_path(home: Home) -> Path:
    return home.state / "platform.log"


def take(home: Home) -> int:
    """Own `home` until the descriptor is closed, by this process or by its death. Raises PlatformAlreadyRuns.

    The lock is the kernel's own on an open file, so a killed platform leaves nothing to clean up; the pid that
    stands in the file is for people.
    """
    home.state.mkdir(parents=True, exist_ok=True)
    home.state.chmod(0o700)
    path = home.state / "platform.lock"
    fd = try_exclusive(path)
    if fd is None:
        raise PlatformAlreadyRuns(pid=path.read_text(encoding="ascii", errors="replace").strip(), home=str(home.root))
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd


def holder(home: Home) -> str | None:
    """The pid of the platform that owns `home`, whether it answers or not; None where none does."""
    if not (home.state / "platform.lock").exists():
        return None
    try:
        os.close(take(home))
    except PlatformAlreadyRuns as runs:
        return runs.pid
    return None
