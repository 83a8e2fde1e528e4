"""A bounded queue between the hub and one slow reader: it loses lines rather than hold anybody up."""

import asyncio
from collections import deque

from slugc.logs.chunks import Chunk


class Backlog:
    """Chunks that wait for one reader, bounded in lines and bytes. What does not fit is counted, oldest first."""

    def __init__(self, *, lines: int, size: int) -> None:
        self._most_lines, self._most_bytes = lines, size
        self._chunks: deque[Chunk] = deque()
        self._lines = self._bytes = 0
        self._there = asyncio.Event()
        self.dropped = 0
        self.dropped_since = b""
        self.closed = False

    def put(self, chunk: Chunk) -> None:
        if chunk.count > self._most_lines:
            self._lose(chunk.count - self._most_lines, chunk.at)
            chunk = chunk.last(self._most_lines)
        self._chunks.append(chunk)
        self._lines += chunk.count
        self._bytes += len(chunk.text)
        while len(self._chunks) > 1 and (self._lines > self._most_lines or self._bytes > self._most_bytes):
            lost = self._chunks.popleft()
            self._lines -= lost.count
            self._bytes -= len(lost.text)
            self._lose(lost.count, lost.at)
        self._there.set()

    def lose(self, chunks: list[Chunk]) -> None:
        """Lines that were taken and could not be delivered."""
        for chunk in chunks:
            self._lose(chunk.count, chunk.at)

    def still_lost(self, losses: tuple[int, bytes] | None) -> None:
        """Take back what `losses` gave: whoever was to hear of it did not."""
        if losses is not None:
            self.dropped += losses[0]
            self.dropped_since = losses[1]

    def give_back(self, chunks: list[Chunk]) -> None:
        """Lines that were taken and must be sent again; they count as the oldest."""
        for chunk in reversed(chunks):
            self._chunks.appendleft(chunk)
            self._lines += chunk.count
            self._bytes += len(chunk.text)
        if chunks:
            self._there.set()

    @property
    def empty(self) -> bool:
        return not self._chunks

    async def filled(self) -> None:
        """Returns once something waits, or nothing will come any more."""
        while not self._chunks and not self.closed:
            self._there.clear()
            await self._there.wait()

    async def take(self, size: int) -> list[Chunk]:
        """At least one chunk, and not many more than `size` bytes. Empty: closed, and nothing is left.

        Nothing is lost where it is cancelled: it takes after its last wait.
        """
        await self.filled()
        taken: list[Chunk] = []
        while self._chunks and size > 0:
            chunk = self._chunks.popleft()
            self._lines -= chunk.count
            self._bytes -= len(chunk.text)
            size -= len(chunk.text)
            taken.append(chunk)
        return taken

    def losses(self) -> tuple[int, bytes] | None:
        """(lines lost, since when) and forget them; None where none were."""
        if not self.dropped:
            return None
        found = self.dropped, self.dropped_since
        self.dropped, self.dropped_since = 0, b""
        return found

    def close(self) -> None:
        self.closed = True
        self._there.set()

    def _lose(self, count: int, at: bytes) -> None:
        if not self.dropped:
            self.dropped_since = at
        self.dropped += count
