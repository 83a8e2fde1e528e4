"""The last 1,500 lines of an app, in memory and in files that a restart reads again."""

import contextlib
import os
from collections import deque
from pathlib import Path

from slugc.errors.router import LogsDamaged
from slugc.logs.chunks import Chunk, last_lines, parse_lines
from slugc.model.log import LogFilter

KEPT_LINES = 1500
SEGMENT_BYTES = 4 << 20
_APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Buffer:
    """Two segment files take turns, so that nothing is ever rewritten: the current one grows, the one before it
    is replaced when the current one is full. They are not synced: a power cut may cost the last lines, and a sync
    for every chunk would cost everybody's speed."""

    def __init__(self, folder: Path) -> None:
        """Raises LogsDamaged."""
        self._folder = folder
        self._chunks: deque[Chunk] = deque()
        self._count = 0
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            text = self._previous.read_bytes() if self._previous.exists() else b""
            self._fd = os.open(self._current, _APPEND, 0o600)
            mine = self._current.read_bytes()
            if mine and not mine.endswith(b"\n"):
                os.write(self._fd, b"\n")  # the platform was killed in the middle of a line
                mine += b"\n"
        except OSError as error:
            raise LogsDamaged(path=folder, reason=error.strerror or str(error)) from error
        self._size, self._written = len(mine), mine.count(b"\n")
        latest = (text + mine).rsplit(b"\n", KEPT_LINES + 1)[-KEPT_LINES - 1 :]
        for chunk in parse_lines(b"\n".join(latest)):
            self._keep(chunk)

    @property
    def latest(self) -> bytes:
        """The time of the last line; empty where there is none."""
        return self._chunks[-1].at if self._chunks else b""

    def add(self, chunk: Chunk) -> None:
        self._keep(chunk)
        # A full disk must not end the dynos: the lines stay in memory, and reach tails and drains.
        with contextlib.suppress(OSError):
            self._write(chunk)

    def last(self, count: int, wanted: LogFilter) -> list[Chunk]:
        return last_lines(list(self._chunks), min(count, KEPT_LINES), wanted)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _keep(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        self._count += chunk.count
        while self._count - self._chunks[0].count >= KEPT_LINES:
            self._count -= self._chunks.popleft().count

    def _write(self, chunk: Chunk) -> None:
        if self._fd >= 0 and self._size >= SEGMENT_BYTES and self._written >= KEPT_LINES:
            # It is there already where an earlier try found no room for the new file.
            with contextlib.suppress(FileNotFoundError):
                self._current.replace(self._previous)
            fresh = os.open(self._current, _APPEND, 0o600)
            os.close(self._fd)
            self._fd = fresh
            self._size = self._written = 0
        if self._fd >= 0:
            os.write(self._fd, chunk.text)
            self._size += len(chunk.text)
            self._written += chunk.count

    @property
    def _current(self) -> Path:
        return self._folder / "current.log"

    @property
    def _previous(self) -> Path:
        return self._folder / "previous.log"
