"""Runs one command without walls, and leaves nothing of it behind. Started by file name, standard library only.

Three processes: the one that slugc started (it only waits), a janitor in a process group of its own, and the
command. The janitor adopts every orphan of the command (child subreaper). When the command ends, or the first
process is gone for whatever reason (their pipe closes), it kills all that descends from it, daemons included,
and removes the private folder. Killing the janitor itself is the one way to escape; only walls prevent that.
"""

import base64
import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
NOT_FOUND, NOT_EXECUTABLE = 127, 126
LIMITS = {"memory": resource.RLIMIT_AS, "file_size": resource.RLIMIT_FSIZE, "open_files": resource.RLIMIT_NOFILE}
"""RLIMIT_NPROC is not here: without a user namespace it would count the caller's other processes too."""


def main() -> int:
    with os.fdopen(int(sys.argv[1]), "rb") as payload:
        plan: dict[str, Any] = json.load(payload)
    parent = os.getppid()
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 128 + signal.SIGKILL
    alive, kept_open = os.pipe()
    janitor = os.fork()
    if janitor == 0:
        os.close(kept_open)
        os._exit(_janitor(plan, alive))
    os.close(alive)
    _, status = os.waitpid(janitor, 0)
    return _exit_code(status)


def _janitor(plan: dict[str, Any], alive: int) -> int:
    os.setpgid(0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        _furnish(plan)
        command = os.fork()
        if command == 0:
            _become(plan)
        return _watch(command, alive)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"slugc: the command's files cannot be prepared: {error}\n")
        return NOT_EXECUTABLE
    finally:
        _kill_descendants()
        if plan["folder"]:
            _remove(plan["folder"])


def _furnish(plan: dict[str, Any]) -> None:
    """Make the private folder: copies of overlays' lower trees, empty folders, links, files of bytes."""
    if plan["folder"]:
        Path(plan["folder"]).mkdir(parents=True, mode=0o700)
    for folder in plan["folders"]:
        Path(folder).mkdir(parents=True)
    for place, text in plan["links"]:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        Path(place).symlink_to(text)
    for target, content in plan["files"]:
        Path(target).write_bytes(base64.b64decode(content))
    for source, target in plan["copies"]:
        if not Path(target).exists():
            Path(target).mkdir(parents=True)
            # Not hard links: a write to the copy must not reach the tree that others share.
            copy = ["cp", "-a", "--reflink=auto", "--", f"{source}/.", target]
            subprocess.run(copy, check=True, env={"PATH": "/usr/bin:/bin"})


def _become(plan: dict[str, Any]) -> NoReturn:
    os.setpgid(0, 0)
    if plan["terminal"]:
        with contextlib.suppress(OSError):
            os.tcsetpgrp(0, os.getpgid(0))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTTOU, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    try:
        for name, value in plan["limits"].items():
            hard = resource.getrlimit(LIMITS[name])[1]
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(LIMITS[name], (bound, bound))
        os.chdir(plan["cwd"])
        os.execvpe(plan["argv"][0], plan["argv"], plan["env"])  # noqa: S606 - this is the command itself
    except OSError as error:
        sys.stderr.write(f"slugc: {plan['argv'][0]} cannot be started: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)


def _watch(command: int, alive: int) -> int:
    """Wait for the command's end or the first process's, reaping adopted orphans on the way."""
    handle = os.pidfd_open(command)
    while True:
        readable, _, _ = select.select([handle, alive], [], [], 1.0)
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == command:
                    return _exit_code(found[1])
        if alive in readable:
            return 128 + signal.SIGKILL


def _kill_descendants() -> None:
    while True:
        for pid in _descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - thousands of Path objects for a list of numbers
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:  # noqa: PTH123
                # "pid (any text, spaces and brackets too) state ppid ..."
                children.setdefault(int(stat.read().rpartition(b")")[2].split()[1]), []).append(int(name))
    found, queue = [], [root]
    while queue:
        for child in children.get(queue.pop(), ()):
            found.append(child)
            queue.append(child)
    return found


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _remove(folder: str) -> None:
    """The folder and all below it, also where the command took its own right to list or to write."""
    for top, folders, _ in os.walk(folder):
        for name in folders:
            path = f"{top}/{name}"
            if not os.path.islink(path):  # noqa: PTH114 - chmod would follow it out of the folder
                with contextlib.suppress(OSError):
                    os.chmod(path, 0o700)  # noqa: PTH101 - thousands of Path objects for nothing
    shutil.rmtree(folder, ignore_errors=True)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    os._exit(main())  # a program of its own: nothing to unwind
