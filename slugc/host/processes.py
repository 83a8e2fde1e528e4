"""Child processes of the build: started with a clean environment, streamed line by line, and never outlived."""

import codecs
import contextlib
import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

LINE_LIMIT = 10_000
"""Longer lines are cut into several, as Logplex does: one line must not eat the memory of the listener."""
CHUNK = 1 << 16
DRAIN_SECONDS = 0.5
"""A child may be gone while a daemon of its holds the pipe: how long output is still read after the exit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A child to start. `env` is its whole environment. A word `@fdN@` of argv becomes the number of a file
    descriptor that holds payloads[N]: how config vars reach a child without standing in `ps`."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    payloads: tuple[bytes, ...] = ()
    stdin: bytes = b""
    """What `run` and `capture` let it read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    status: int
    """The exit code; 128 + N where signal N ended it."""
    timed_out: bool = False
    seconds: float = 0.0


OnLine = Callable[[str, str], None]
"""Called with (text, stream); text has no line end, stream is `stdout` or `stderr`."""


@contextlib.contextmanager
def opened_payloads(command: Command) -> Iterator[tuple[list[str], list[int]]]:
    """The argv with its payload words filled in, and the descriptors that the child must inherit."""
    descriptors: list[int] = []
    try:
        for payload in command.payloads:
            fd = os.memfd_create("slugc-payload")
            descriptors.append(fd)
            _fill(fd, payload)
        words = {f"@fd{n}@": str(fd) for n, fd in enumerate(descriptors)}
        yield [words.get(word, word) for word in command.argv], descriptors
    finally:
        for fd in descriptors:
            os.close(fd)


@contextlib.contextmanager
def _opened_stdin(data: bytes) -> Iterator[int]:
    if not data:
        yield subprocess.DEVNULL
        return
    fd = os.memfd_create("slugc-stdin")
    try:
        _fill(fd, data)
        yield fd
    finally:
        os.close(fd)


def run(command: Command, *, on_line: OnLine, timeout: float | None = None, grace: float = 5.0) -> Completed:
    """Run a child to its end. Its stdin ends after the command's own, it leads its own process group, and when
    `timeout` seconds pass the whole group gets SIGTERM and, `grace` seconds later, SIGKILL.

    Raises FileNotFoundError or PermissionError where the program itself cannot be started.
    """
    began = time.monotonic()
    with opened_payloads(command) as (argv, descriptors), _opened_stdin(command.stdin) as stdin:
        child = subprocess.Popen(
            argv,
            env=dict(command.env),
            cwd=command.cwd,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=descriptors,
            start_new_session=True,
        )
    deadline = None if timeout is None else began + timeout
    try:
        timed_out = _pump(child, on_line, deadline, grace)
    finally:
        # A daemon left in the group would outlive the build (no-isolation engine; bubblewrap's PID namespace
        # has already ended everything by itself).
        _signal_group(child.pid, signal.SIGKILL)
        child.wait()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
    status = child.returncode if child.returncode >= 0 else 128 - child.returncode
    return Completed(status=status, timed_out=timed_out, seconds=time.monotonic() - began)


def capture(command: Command, *, timeout: float | None = None, limit: int = 1 << 20) -> tuple[Completed, str, str]:
    """Run a child to its end and keep its output: (completed, stdout, stderr), each cut at `limit` characters."""
    kept: dict[str, list[str]] = {"stdout": [], "stderr": []}
    sizes = {"stdout": 0, "stderr": 0}

    def keep(text: str, stream: str) -> None:
        if sizes[stream] < limit:
            kept[stream].append(text)
            sizes[stream] += len(text) + 1

    completed = run(command, on_line=keep, timeout=timeout)
    return completed, "\n".join(kept["stdout"]), "\n".join(kept["stderr"])


def with_env(command: Command, extra: Mapping[str, str]) -> Command:
    return replace(command, env={**command.env, **extra})


class LineSplitter:
    """Bytes in, lines out: cuts long lines, replaces what is not UTF-8, keeps a last line without an end."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes, *, final: bool = False) -> list[str]:
        text = self._rest + self._decoder.decode(data, final)
        *lines, self._rest = text.split("\n")
        out: list[str] = []
        for line in lines:
            out.extend(_cut(line.removesuffix("\r")))
        while len(self._rest) > LINE_LIMIT:
            out.append(self._rest[:LINE_LIMIT])
            self._rest = self._rest[LINE_LIMIT:]
        if final and self._rest:
            out.append(self._rest.removesuffix("\r"))
            self._rest = ""
        return out


def _cut(line: str) -> list[str]:
    if len(line) <= LINE_LIMIT:
        return [line]
    return [line[at : at + LINE_LIMIT] for at in range(0, len(line), LINE_LIMIT)]


class _Patience:
    """When a child must stop: SIGTERM to its group at the deadline, SIGKILL `grace` seconds later."""

    def __init__(self, deadline: float | None, grace: float) -> None:
        self._deadline, self._grace = deadline, grace
        self.ran_out = False

    def check(self, pid: int) -> None:
        now = time.monotonic()
        if self._deadline is None or now < self._deadline:
            return
        _signal_group(pid, signal.SIGKILL if self.ran_out else signal.SIGTERM)
        self._deadline = None if self.ran_out else now + self._grace
        self.ran_out = True


def _pump(child: "subprocess.Popen[bytes]", on_line: OnLine, deadline: float | None, grace: float) -> bool:
    """Forward output until both pipes end, or the child is gone and its pipes stay open. True: time ran out."""
    patience = _Patience(deadline, grace)
    exited_at: float | None = None
    with selectors.DefaultSelector() as selector:
        for pipe, stream in ((child.stdout, "stdout"), (child.stderr, "stderr")):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ, (stream, LineSplitter()))
        while selector.get_map():
            patience.check(child.pid)
            if exited_at is None and child.poll() is not None:
                exited_at = time.monotonic()
            if exited_at is not None and time.monotonic() - exited_at > DRAIN_SECONDS:
                break
            for key, _ in selector.select(timeout=0.05 if exited_at is None else 0.02):
                data = os.read(key.fd, CHUNK)
                _forward(key, data, on_line, final=not data)
                if not data:
                    selector.unregister(key.fileobj)
        for key in list(selector.get_map().values()):
            _forward(key, b"", on_line, final=True)
    _reap(child, patience)
    return patience.ran_out


def _reap(child: "subprocess.Popen[bytes]", patience: _Patience) -> None:
    """Wait for its end. On a descriptor where the kernel has one (Popen.wait with a timeout sleeps in growing
    steps, and a child whose output has just ended is gone in a moment)."""
    try:
        fd = os.pidfd_open(child.pid)
    except OSError:
        fd = -1
    try:
        while child.poll() is None:
            patience.check(child.pid)
            if fd >= 0:
                select.select([fd], [], [], 0.05)
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(timeout=0.05)
    finally:
        if fd >= 0:
            os.close(fd)


def _forward(key: selectors.SelectorKey, data: bytes, on_line: OnLine, *, final: bool) -> None:
    stream, splitter = key.data
    for line in splitter.feed(data, final=final):
        on_line(line, stream)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _fill(fd: int, data: bytes) -> None:
    os.write(fd, data) if len(data) <= CHUNK else _write_all(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
