"""The machine: how busy it is, what it is, and which versions of the tools stand on it."""

import ctypes
import os
import platform
import resource
import shutil
import subprocess
import time
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
TICK = os.sysconf("SC_CLK_TCK")
IDLE = 0.12
"""Others may use so much of the machine: beyond it, walls of one command swing by a factor of two."""


EDGES = 2 / TICK
"""Seconds of a run that cannot be told from others': one tick at its begin, one at its end."""


def busy() -> tuple[float, float]:
    """Seconds that all processors have been busy, and seconds that have passed on all of them."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / TICK, sum(fields) / TICK


def own() -> float:
    """User and system seconds of this process and of every child that it has waited for."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)


def adopt_orphans() -> None:
    """From now on the orphans of our children become ours: prctl(PR_SET_CHILD_SUBREAPER)."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> frozenset[int]:
    """Our own children, of every thread."""
    lists = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
    return frozenset(int(word) for text in lists for word in text.split())


def foreign_share(before: tuple[float, float], after: tuple[float, float], own: float) -> float:
    """The share of the machine that was used by others, when `own` seconds were ours. /proc/stat counts ticks of
    10 ms, which the run may share with others at both its ends: so much is nobody's."""
    passed = after[1] - before[1]
    return max(0.0, (after[0] - before[0] - own - EDGES) / passed) if passed > 0 else 0.0


def wait_for_idle(seconds: float) -> bool:
    """Wait until the machine is idle for half a second, `seconds` at most; whether it became so."""
    deadline = time.monotonic() + seconds
    while True:
        before = busy()
        time.sleep(0.5)
        if foreign_share(before, busy(), 0.0) <= IDLE:
            return True
        if time.monotonic() > deadline:
            return False


def description() -> dict[str, str]:
    """What docs/performance.md says of the machine."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024
    release = platform.freedesktop_os_release() if Path("/etc/os-release").exists() else {}
    return {
        "processors": f"{len(os.sched_getaffinity(0))} x {cpu}",
        "memory": f"{memory} MiB",
        "system": f"{release.get('PRETTY_NAME', platform.system())}, Linux {platform.release()}",
        "python": platform.python_version(),
        "slugc": _revision(),
        "load when it began": f"{os.getloadavg()[0]:.1f}",
    } | {name: version for name in ("tar", "zstd", "pigz", "bsdtar", "git") if (version := _version(name))}


def _revision() -> str:
    from slugc import __version__

    described = ["git", "-C", str(Path(__file__).resolve().parent), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(described, capture_output=True, text=True, check=False) if shutil.which("git") else None
    return f"{__version__} ({done.stdout.strip()})" if done is not None and not done.returncode else __version__


def _version(program: str) -> str:
    if shutil.which(program) is None:
        return ""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()
