"""The HAProxy process: started, reloaded without losing a connection, and stopped. Its standard output is the log.

A pipe rather than the usual syslog datagrams: the kernel queues only 10 datagrams a socket, one line each, while a
pipe holds 1 MiB and is read a thousand lines at a time. Where slugc cannot keep up, HAProxy drops log lines and
goes on serving.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path

from slugc.errors.router import RouterFailed
from slugc.router.admin import ask, master_listens
from slugc.router.configuration import RuntimeFiles
from slugc.sandbox.undertaker import MARK

PIPE_BYTES = 1 << 20
GATHER_SECONDS = 0.025
"""Between two looks while lines come: 80,000 requests a second fill half of the pipe in it."""
START_SECONDS = 60.0
"""A machine with twenty builds on it needs ten for what takes a fifth of a second at rest."""
AGAIN_SECONDS = 10.0
"""After these a reload is asked for again: two in a row do no harm, and one that was lost would never come."""
KEPT_MESSAGES = 30
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class Haproxy:
    """One master with its workers."""

    def __init__(self, *, binary: Path, files: RuntimeFiles, on_log: Callable[[bytes], None]) -> None:
        self._binary = binary
        self._files = files
        self._on_log = on_log
        self._child: asyncio.subprocess.Process | None = None
        self._messages: deque[str] = deque(maxlen=KEPT_MESSAGES)
        self._alerts = 0
        self._rest = b""
        # Kept, because a new megabyte for each look costs four times what reading into this one does.
        self._space = memoryview(bytearray(PIPE_BYTES))
        self._log_fd = -1
        self._pidfd = -1
        self._gather = 0.0
        self._pause: asyncio.TimerHandle | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def messages(self) -> str:
        """The last lines HAProxy wrote of itself."""
        return "\n".join(self._messages)

    async def start(self, generation: int) -> None:
        """Returns once it listens. Raises RouterFailed with what HAProxy said."""
        read_end, write_end = os.pipe()
        try:
            fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            self._gather = GATHER_SECONDS
        except PermissionError:
            self._gather = 0.0  # the user's pipe quota is used up: 64 KiB have to be emptied at once
        os.set_blocking(read_end, False)
        self._log_fd = read_end
        asyncio.get_running_loop().add_reader(read_end, self._read_log)
        try:
            self._child = await asyncio.create_subprocess_exec(
                self._binary,
                "-W",
                "-S",
                f"{self._files.master},mode,600",
                "-f",
                self._files.configuration,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=asyncio.subprocess.PIPE,
                env={"PATH": "/usr/bin:/bin", **{name: os.environ[name] for name in (MARK,) if name in os.environ}},
                cwd=self._files.folder,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
            self._pidfd = os.pidfd_open(self._child.pid)
        except OSError as error:
            raise RouterFailed(doing="starting", said=error.strerror or str(error)) from error
        finally:
            os.close(write_end)
        self._reader = asyncio.create_task(self._read_messages())
        await self._wait_for(generation, doing="starting")

    async def reload(self, generation: int) -> None:
        """Switch to the configuration file as it is now. Raises RouterFailed; the old one goes on serving then."""
        self._alerts = 0
        self._messages.clear()
        self._signal(signal.SIGUSR2)
        again = asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._signal, signal.SIGUSR2)
        try:
            await self._wait_for(generation, doing="reloading")
        finally:
            again.cancel()

    async def ended(self) -> int:
        assert self._child is not None
        return await self._child.wait()

    def stop_listening(self) -> None:
        """Close the listeners; open requests go on."""
        self._signal(signal.SIGUSR1)

    async def stop(self) -> None:
        """End it, whatever is open; one that never began is no matter."""
        for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)) if self._child else ():
            self._signal(number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.ended()
                    break
        if self._reader is not None:
            await asyncio.wait({self._reader}, timeout=1.0)
            self._reader.cancel()
        self._close_log()
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1

    def _signal(self, number: signal.Signals) -> None:
        # By descriptor: Popen.send_signal looks for the end first, and would take it away from the loop's watcher.
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    async def _wait_for(self, generation: int, *, doing: str) -> None:
        assert self._child is not None
        try:
            async with asyncio.timeout(START_SECONDS):
                while await self._generation() != generation or not await master_listens(self._files.master):
                    if self._child.returncode is not None or (doing == "reloading" and self._alerts):
                        await asyncio.sleep(0.05)  # its last words
                        raise RouterFailed(doing=doing, said=self._last_words())
                    await asyncio.sleep(0.01)
        except TimeoutError as error:
            said = f"It did not answer within {START_SECONDS:g} seconds.\n{self.messages}".rstrip()
            raise RouterFailed(doing=doing, said=said) from error

    def _last_words(self) -> str:
        assert self._child is not None
        status = self._child.returncode
        ended = "" if status is None else f"It ended with status {status}."
        return f"{ended}\n{self.messages}".strip()

    async def _generation(self) -> int | None:
        if not self._files.admin.exists():
            return None
        try:
            answer = await ask(self._files.admin, "show env SLUGC_GENERATION")
        except RouterFailed:
            return None
        _, _, value = answer.strip().partition("=")
        return int(value) if value.isdigit() else None

    def _read_log(self) -> None:
        if self._gather:
            # Waking up for every line would cost more than the line: from the first one on it is looked for more
            # at intervals, until there is none.
            asyncio.get_running_loop().remove_reader(self._log_fd)
        self._look()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            size = os.readv(self._log_fd, [self._space])
        except BlockingIOError:
            loop.add_reader(self._log_fd, self._read_log)
            return
        if not size:
            self._close_log()
            return
        if self._gather:
            self._pause = loop.call_later(self._gather, self._look)
        whole, end, rest = (self._rest + self._space[:size]).rpartition(b"\n")
        self._rest = rest
        if end:
            self._on_log(whole + end)

    def _close_log(self) -> None:
        if self._log_fd < 0:
            return
        fd, self._log_fd = self._log_fd, -1
        if self._pause is not None:
            self._pause.cancel()
        asyncio.get_running_loop().remove_reader(fd)
        with contextlib.suppress(BlockingIOError):
            while data := os.read(fd, PIPE_BYTES):
                self._rest += data
        os.close(fd)
        if b"\n" in self._rest:
            self._on_log(self._rest[: self._rest.rindex(b"\n") + 1])
        self._rest = b""

    async def _read_messages(self) -> None:
        assert self._child is not None
        assert self._child.stderr is not None
        while line := await self._child.stderr.readline():
            text = line.decode("utf-8", "replace").rstrip()
            self._alerts += "[ALERT]" in text
            self._messages.append(text)


def _die_with_parent() -> None:
    # The master leaves when slugc does, even by SIGKILL, and its workers leave with the master.
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
