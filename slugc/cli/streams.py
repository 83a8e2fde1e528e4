"""The three standard streams, made safe for all that follows: none is closed, and none fails without its name."""

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

NAMES = {1: "stdout", 2: "stderr"}


class StreamRefused(Exception):
    """What stdout or stderr leads to takes no more. Not an OSError: those are asked whether they are SLUGC_HOME's."""

    def __init__(self, stream: str, reason: str) -> None:
        super().__init__(f"{stream}: {reason}")
        self.stream, self.reason = stream, reason


def prepare() -> None:
    """Once, before the first word is written."""
    _open_closed()
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 -- as long as the process
    sys.stdout, sys.stderr = _named(sys.stdout, 1), _named(sys.stderr, 2)


def silence(*names: str) -> None:
    """Let what is still in a buffer go nowhere: Python would complain of it at exit, with a code of its own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number, name in NAMES.items():
        if name in names:
            os.dup2(nowhere, number)


def straight(data: bytes) -> None:
    """To stdout past Python's buffer: its lock would be held by a write that never ends, and the process's end waits
    for that lock. Raises StreamRefused."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(1, view) :]
        except OSError as error:
            raise _told(error, 1) from None


def _told(error: OSError, number: int) -> Exception:
    # A reader that has gone (`| head`) is no failure, and is looked for as what it is.
    if error.errno in (errno.EPIPE, errno.EINTR, errno.EAGAIN):
        return error
    return StreamRefused(NAMES[number], error.strerror or str(error))


def _open_closed() -> None:
    """`slugc ... >&-`: the next file that is opened would get the number 1, and children would write into it."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            os.set_inheritable(number, True)


def _named(stream: TextIO | None, number: int) -> TextIO:
    tty = os.isatty(number)
    return io.TextIOWrapper(
        io.BufferedWriter(_Named(number, "wb", closefd=False)),
        encoding=stream.encoding if stream else "utf-8",
        # A name that the locale cannot spell must not end a listing.
        errors="backslashreplace" if stream is None or stream.errors == "strict" else stream.errors,
        line_buffering=tty or number == 2,
        write_through=isinstance(stream, io.TextIOWrapper) and stream.write_through,
    )


class _Named(io.FileIO):
    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise _told(error, self.fileno()) from None
