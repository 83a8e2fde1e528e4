"""A one-off dyno attached to the caller: its terminal, or its pipes, and the command's own exit code."""

import contextlib
import fcntl
import os
import pty
import random
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Iterator, Sequence
from typing import Self

from slugc.dynos.process import Process, end, exit_status, kill, signal_members, spawn
from slugc.errors.dyno import NothingToRun, UnknownProcessType
from slugc.host.processes import Command
from slugc.model.dyno import DynoName
from slugc.model.process import ProcessType
from slugc.sandbox.cgroups import Group

CHUNK = 1 << 16
GRACE = 10.0
"""Seconds between the signal that asks a one-off dyno to end and SIGKILL."""
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def oneoff_name(kind: str = "run") -> DynoName:
    """`run.4821`: four digits, as the platform numbers one-off dynos."""
    return DynoName(kind, random.randint(1000, 9999))  # noqa: S311 - a label, not a secret


def oneoff_process(
    words: Sequence[str], processes: Sequence[ProcessType], *, type_name: str | None = None
) -> tuple[ProcessType, tuple[str, ...]]:
    """What `slugc run WORDS` means for a slug: (process, its arguments).

    A process type's name as the first word stands for its command, and the other words are its arguments. One
    word that names none is shell text, as `run 'rake db:migrate | tee log'`; several are an argument vector
    whose words arrive as they were typed. No word at all is a Cloud Native slug's default process.
    Raises UnknownProcessType and NothingToRun.
    """
    known = {process.name: process for process in processes}
    if type_name is not None:
        if type_name not in known:
            raise UnknownProcessType(name=type_name, known=tuple(known))
        return known[type_name], tuple(words)
    if not words:
        # As the Cloud Native launcher does. A classic slug's default is its web process, which no one-off runs.
        default = next((process for process in processes if process.default and process.direct), None)
        if default is None:
            raise NothingToRun(known=tuple(known))
        return default, ()
    if words[0] in known:
        return known[words[0]], tuple(words[1:])
    if len(words) == 1:
        return ProcessType(name="run", command=words[0], owner="run"), ()
    return ProcessType(name="run", command="", owner="run"), tuple(words)


def on_terminal() -> bool:
    """Whether the caller sits at a terminal: then the dyno gets one of its own."""
    return os.isatty(0) and os.isatty(1)


def attach(command: Command, *, terminal: bool, grace: float = GRACE, group: Group | None = None) -> int:
    """Run a dyno's command to its end in `group`, joined to this process's stdio, and return its exit code.

    terminal: the dyno gets a new terminal of the caller's size; keys go to it untouched, Ctrl-C included. Else it
    has the caller's own descriptors, so that bytes and the end of input pass as they are. SIGTERM, SIGHUP, SIGINT
    go on to the dyno's processes; after `grace` seconds, or at the second such signal, they are killed. Nothing
    of the dyno is left when this returns. Raises OSError where the sandbox's program cannot be started.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with _signals() as wake:
        if terminal:
            return _on_own_terminal(command, wake, grace, group)
        process = spawn(command, stdin=0, stdout=1, stderr=2, group=group)
        with _never_outlived(process), _Watch(process, wake, grace) as watch:
            watch.until_exit()
            return exit_status(process)


class _Watch:
    """Waits for a dyno's end, and hands signals on to it."""

    def __init__(self, process: Process, wake: int, grace: float) -> None:
        self._process, self._wake, self._grace = process, wake, grace
        self._deadline: float | None = None
        self.pidfd = os.pidfd_open(process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.pidfd)

    def until_exit(self) -> None:
        while True:
            ready, _, _ = select.select([self.pidfd, self._wake], [], [], self.patience())
            if self.pidfd in ready:
                return
            if self._wake in ready:
                self.pass_signals()

    def patience(self) -> float | None:
        """Seconds until the kill; kills when they are over."""
        if self._deadline is None:
            return None
        left = self._deadline - time.monotonic()
        if left <= 0:
            kill(self._process)
        return max(left, 0.05)

    def pass_signals(self) -> list[int]:
        numbers = list(os.read(self._wake, 64))
        for number in numbers:
            if number not in _FORWARDED:
                continue
            if self._deadline is not None:
                kill(self._process)
            else:
                signal_members(self._process.pid, signal.Signals(number))
                self._deadline = time.monotonic() + self._grace
        return numbers


def _on_own_terminal(command: Command, wake: int, grace: float, group: Group | None) -> int:
    ours, theirs = pty.openpty()
    try:
        _copy_size(ours)
        try:
            process = spawn(command, stdin=theirs, stdout=theirs, stderr=theirs, terminal=True, group=group)
        finally:
            os.close(theirs)
        with _never_outlived(process), _raw_keys(), _Watch(process, wake, grace) as watch:
            _pump(ours, process, wake, watch)
            return exit_status(process)
    finally:
        os.close(ours)


def _pump(ours: int, process: Process, wake: int, watch: _Watch) -> None:
    """Keys in, screen out, until the dyno ends; keys wait here while the dyno does not read."""
    os.set_blocking(ours, False)
    keys, reading = b"", [0]
    while True:
        readers = [ours, wake, watch.pidfd, *(reading if len(keys) < CHUNK else ())]
        ready, writable, _ = select.select(readers, [ours] if keys else [], [], watch.patience())
        if 0 in ready:
            typed = os.read(0, CHUNK)
            keys += typed
            if not typed:
                reading = []
                signal_members(process.pid, signal.SIGHUP)
        if writable:
            with contextlib.suppress(OSError):
                keys = keys[os.write(ours, keys) :]
        if ours in ready and not _show(ours):
            watch.until_exit()
            return
        if wake in ready and signal.SIGWINCH in watch.pass_signals():
            _copy_size(ours)
        if watch.pidfd in ready:
            while _show(ours):
                pass
            return


def _show(ours: int) -> bool:
    """Copy what the dyno printed to the caller's screen. False: nothing there, or its terminal is closed."""
    try:
        data = os.read(ours, CHUNK)
    except OSError:  # EIO: the last process that had the terminal is gone; EAGAIN: nothing printed
        return False
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]
    return bool(data)


def _copy_size(ours: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.ioctl(ours, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))


@contextlib.contextmanager
def _raw_keys() -> Iterator[None]:
    before = termios.tcgetattr(0)
    tty.setraw(0, termios.TCSADRAIN)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _never_outlived(process: Process) -> Iterator[None]:
    try:
        yield
    finally:
        end(process)


@contextlib.contextmanager
def _signals() -> Iterator[int]:
    """Signals to this process as bytes on a descriptor, each byte a signal's number."""
    reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    wanted = (*_FORWARDED, signal.SIGWINCH)
    before = {number: signal.signal(number, lambda *_: None) for number in wanted}
    wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)
