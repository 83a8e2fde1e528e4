"""One live process of a dyno on the event loop: its output flows to a sink, its end calls back."""

import asyncio
import contextlib
import fcntl
import os
import signal
from collections.abc import Callable

from slugc.dynos.process import Process, end, exit_status, kill, memory, resident, signal_members, spawn
from slugc.dynos.world import Placed

CHUNK = 1 << 16
PIPE_BYTES = 1 << 20
LAST_READS = 32
"""Chunks read after the end: more than a pipe holds, and a bound where a stray process still writes."""

RISING = 0.02
"""Seconds between looks at a sandbox that has no process inside yet."""


class Running:
    """A started dyno process. Both callbacks are called from the loop; `on_exit` once, after the last output."""

    def __init__(
        self,
        placed: Placed,
        *,
        on_output: Callable[[bytes], None],
        on_exit: Callable[[int], None],
        stdio: tuple[int, int, int] | None = None,
        terminal: bool = False,
    ) -> None:
        """Starts it; stdout and stderr share one pipe, so that their order is kept. With `stdio` it gets those
        descriptors instead, and `on_output` hears nothing. Raises OSError where it cannot be started."""
        self._loop = asyncio.get_running_loop()
        self._on_output, self._on_exit = on_output, on_exit
        self._pipe: int | None = None
        try:
            if stdio is None:
                self._process = self._piped(placed)
            else:
                given = {"stdin": stdio[0], "stdout": stdio[1], "stderr": stdio[2]}
                self._process = spawn(placed.command, **given, terminal=terminal, group=placed.group)
            self._pidfd = self._noticed()
        except BaseException:
            self._close_pipe()
            placed.remove()
            raise
        self._loop.add_reader(self._pidfd, self._ended)
        self.port: int | None = None
        self.placed = placed

    @property
    def pid(self) -> int:
        return self._process.pid

    def out_of_memory(self) -> bool:
        """Whether the kernel killed in it because its control group was full."""
        return self.placed.group is not None and self.placed.group.kills() > 0

    def memory(self, quota: int) -> int:
        """Bytes in use; measured exactly only where that may be above the quota."""
        if self.placed.group is not None and (used := self.placed.group.memory_used()) is not None:
            return used
        return memory(self.pid) if resident(self.pid) > quota else 0

    def terminate(self) -> None:
        """SIGTERM to every process of the dyno; while its walls still rise there is none, so try again."""
        if self._process.returncode is None and not signal_members(self._process.pid, signal.SIGTERM):
            self._loop.call_later(RISING, self.terminate)

    def kill(self) -> None:
        kill(self._process)

    def _noticed(self) -> int:
        """The descriptor that tells the process's end; where there is none left, it must not run on unseen."""
        try:
            return os.pidfd_open(self._process.pid)
        except OSError:
            end(self._process)
            raise

    def _piped(self, placed: Placed) -> Process:
        reader, writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(reader, False)
        self._pipe = reader
        self._loop.add_reader(reader, self._readable)
        # Sixteen times as much between two looks: a dyno that prints a lot waits for nobody. The user's quota for
        # pipes may be used up; 64 KiB do, too.
        with contextlib.suppress(PermissionError):
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        try:
            nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            try:
                return spawn(placed.command, stdin=nothing, stdout=writer, stderr=writer, group=placed.group)
            finally:
                os.close(nothing)
        finally:
            os.close(writer)

    def _readable(self) -> bool:
        """Read once. False: nothing there, or the end."""
        if self._pipe is None:
            return False
        try:
            data = os.read(self._pipe, CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._close_pipe()
            return False
        self._on_output(data)
        return True

    def _close_pipe(self) -> None:
        if self._pipe is not None:
            self._loop.remove_reader(self._pipe)
            os.close(self._pipe)
            self._pipe = None

    def _ended(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        with contextlib.suppress(OSError):
            for _ in range(LAST_READS):
                if not self._readable():
                    break
        self._close_pipe()
        self._on_exit(exit_status(self._process))
