"""One dyno's processes as the machine sees them: started, counted, signalled, measured."""

import contextlib
import fcntl
import os
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from slugc.host.processes import Command, opened_payloads
from slugc.sandbox.birth import born_in
from slugc.sandbox.cgroups import Group

Process = subprocess.Popen[bytes]
PAGE = os.sysconf("SC_PAGE_SIZE")


def spawn(
    command: Command, *, stdin: int, stdout: int, stderr: int, terminal: bool = False, group: Group | None = None
) -> Process:
    """Start a dyno, in `group` and in a session of its own; with `terminal`, its stdin becomes that session's.

    Where no group takes threads, the engine's walls end everything inside when this thread ends, so call it from
    the thread that stays. Raises OSError where the program cannot be started.
    """
    if group is not None and not group.takes_threads:
        command, group = group.command(command), None
    with opened_payloads(command) as (argv, descriptors):

        def start() -> Process:
            return subprocess.Popen(
                argv,
                env=dict(command.env),
                cwd=command.cwd,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                pass_fds=descriptors,
                start_new_session=True,
                preexec_fn=_own_the_terminal if terminal else None,  # noqa: PLW1509 - it takes no lock
            )

        return start() if group is None else born_in(group, start)


def exit_status(process: Process) -> int:
    """The ended process's exit code; 128 + N where signal N ended it."""
    code = process.wait()
    return code if code >= 0 else 128 - code


def members(pid: int) -> tuple[int, ...]:
    """The processes of the dyno that `pid` began, as the host numbers them; the engine's own are left out.

    Those are `pid` itself, and what it started to hold the dyno: the first process of a PID namespace, or the
    no-isolation engine's janitor.
    """
    here = len(_namespace_pids(os.getpid()))
    found = tuple(_descendants(pid))
    inside = [(member, numbers) for member in found if len(numbers := _namespace_pids(member)) > here]
    if inside:
        return tuple(member for member, numbers in inside if numbers[-1] != 1)
    return found[1:]


def signal_members(pid: int, number: signal.Signals) -> int:
    """Send a signal to every process of the dyno; how many got it."""
    sent = 0
    for member in members(pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(member, number)
            sent += 1
    return sent


def kill(process: Process) -> None:
    """End a dyno at once: the end of the engine's first process is the end of everything inside."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGKILL)


def end(process: Process, *, patience: float = 5.0) -> None:
    """Kill a dyno, and come back when none of its processes is left."""
    inside = () if process.poll() is not None else tuple(_descendants(process.pid))
    kill(process)
    process.wait()
    deadline = time.monotonic() + patience
    while any(_lives(pid) for pid in inside) and time.monotonic() < deadline:
        time.sleep(0.002)


def memory(pid: int) -> int:
    """Bytes of memory the dyno's processes hold; pages that several of them share count once."""
    return sum(_proportional(member) for member in members(pid))


def resident(pid: int) -> int:
    """An upper bound of `memory` that costs a tenth of it: shared pages count for each process."""
    return sum(_resident(member) for member in members(pid))


def _own_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _descendants(pid: int) -> Iterator[int]:
    waiting = [pid]
    children = _children_table() if not Path(f"/proc/{pid}/task/{pid}/children").exists() else None
    while waiting:
        parent = waiting.pop()
        for child in _children(parent) if children is None else children.get(parent, ()):
            yield child
            waiting.append(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - names are all that is wanted, thousands of times
            with contextlib.suppress(OSError):
                found.extend(map(int, _read(f"/proc/{pid}/task/{task}/children").split()))
    return found


def _children_table() -> dict[int, list[int]]:
    """For kernels without CONFIG_PROC_CHILDREN."""
    table: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int(_read(f"/proc/{name}/stat").rpartition(b")")[2].split()[1])
                table.setdefault(parent, []).append(int(name))
    return table


def _namespace_pids(pid: int) -> list[int]:
    """A process's numbers from this PID namespace inwards; empty where it is gone."""
    with contextlib.suppress(OSError):
        for line in _read(f"/proc/{pid}/status").splitlines():
            if line.startswith(b"NSpid:"):
                return [int(word) for word in line.split()[1:]]
    return []


def _lives(pid: int) -> bool:
    with contextlib.suppress(OSError, IndexError):
        return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    return False


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(_read(f"/proc/{pid}/statm").split()[1]) * PAGE
    return 0


def _proportional(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) << 10
    return _resident(pid)


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a hot path over /proc
        return file.read()
