"""An app's one stream of log lines: everything that happens to it goes in here, and readers take it from here.

Writing never waits for a reader. `write`, `event` and `finish` belong to the event loop's thread, like everything
else on the running side; the order of the calls is the order of the stream.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from slugc.host.clock import Clock, SystemClock
from slugc.logs.buffer import KEPT_LINES, Buffer
from slugc.logs.chunks import Chunk, chunk, whole_lines
from slugc.logs.drain import Drain, DrainSettings
from slugc.logs.drains import DrainBoard
from slugc.logs.queue import Backlog
from slugc.logs.unread import Late, Unread
from slugc.model.log import LateLines, LogFilter

DEFAULT_LINES = 100
TAIL_LINES = 20_000
TAIL_BYTES = 4 << 20
TAIL_BATCH = 64 << 10
PLATFORM = "heroku"
UNREAD_SECONDS = 1.0
"""How long lines may stay unwritten that nobody reads: a killed platform loses those of the last second."""
_EVERYTHING = LogFilter()
_EXITED = "Process exited"


class LogHub:
    """Satisfies slugc.dynos.world.Sink. Make it inside the running loop: drains begin at once."""

    def __init__(self, folder: Path, *, clock: Clock | None = None, drains: DrainSettings | None = None) -> None:
        """folder: the app's own, for the buffer and the list of drains. Raises LogsDamaged."""
        self._clock = clock or SystemClock()
        self._buffer = Buffer(folder)
        self._latest = self._buffer.latest
        self._rest: dict[tuple[str, str], bytes] = {}
        self._tails: dict[Backlog, LogFilter] = {}
        self._unread = Unread(most=KEPT_LINES)
        self._reading: asyncio.TimerHandle | None = None
        self._drains = DrainBoard(folder / "drains.json", settings=drains or DrainSettings(), now=self._now)

    def write(self, source: str, dyno: str, data: bytes) -> None:
        """Raw output in chunks of any size. A line without an end waits for the rest of it."""
        self._read_late()
        key = (source, dyno)
        body, rest = whole_lines(self._rest.get(key, b""), data)
        self._rest[key] = rest
        if body:
            self._add(chunk(self._now(), source, dyno, body))

    def write_late(self, source: str, dyno: str, lines: LateLines) -> None:
        """Lines that are written out when they reach a reader. Where nobody follows the log, that is the buffer a
        second later; of many thousands in that time it keeps the last 1,500, and the others are never written."""
        self._unread.put(Late(self._now(), source, dyno, lines))
        if self._followed:
            self._read_late()
        elif self._reading is None:
            self._reading = asyncio.get_running_loop().call_later(UNREAD_SECONDS, self._read_late)

    def event(self, source: str, dyno: str, text: str) -> None:
        """One line of the platform. That a process exited comes after its last words, ended or not."""
        self._read_late()
        if text.startswith(_EXITED):
            self.finish("app", dyno)
        self._add(chunk(self._now(), source, dyno, text.replace("\n", " ").encode("utf-8", "backslashreplace") + b"\n"))

    def finish(self, source: str, dyno: str) -> None:
        """No more output will come: a last line that has no end is a line, too."""
        self._read_late()
        rest = self._rest.pop((source, dyno), b"").removesuffix(b"\r")
        if rest:
            self._add(chunk(self._now(), source, dyno, rest + b"\n"))

    def last(self, lines: int = DEFAULT_LINES, wanted: LogFilter = _EVERYTHING) -> list[Chunk]:
        """The last lines of the buffer, which keeps 1,500, that pass the filter; oldest first."""
        self._read_late()
        return self._buffer.last(lines, wanted)

    async def tail(
        self, wanted: LogFilter = _EVERYTHING, *, lines: int = DEFAULT_LINES, follow: bool = True
    ) -> AsyncIterator[Chunk]:
        """The last lines and, with `follow`, all that come, until the hub closes. A reader that cannot keep up
        loses the oldest lines that wait for it and is told how many (L11)."""
        backlog = Backlog(lines=TAIL_LINES, size=TAIL_BYTES)
        known = self.last(lines, wanted)
        if follow:
            self._tails[backlog] = wanted
        try:
            for entry in known:
                yield entry
            while follow and (taken := await backlog.take(TAIL_BATCH)):
                if lost := backlog.losses():
                    yield self._overflow(*lost)
                for entry in taken:
                    yield entry
        finally:
            self._tails.pop(backlog, None)

    @property
    def drains(self) -> tuple[Drain, ...]:
        return self._drains.listed

    def add_drain(self, url: str) -> Drain:
        """Send every line from now on to `url` as well. Raises InvalidDrain, TooManyDrains."""
        self._read_late()
        return self._drains.add(url)

    async def remove_drain(self, given: str) -> Drain:
        """given: its URL or its token. Raises UnknownDrain."""
        return await self._drains.remove(given)

    async def close(self) -> None:
        """Finish the lines that are begun, give drains a moment to deliver, end all tails."""
        self._read_late()
        for source, dyno in list(self._rest):
            self.finish(source, dyno)
        self.end_tails()
        await self._drains.close()
        self._buffer.close()

    def end_tails(self) -> None:
        """Each reader gets what waits for it, and the end."""
        for backlog in self._tails:
            backlog.close()

    @property
    def _followed(self) -> bool:
        return bool(self._tails or self._drains.listed)

    def _read_late(self) -> None:
        """Before anything else is added, so that the order stays."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        for late in self._unread.take() if self._unread else ():
            body, _ = whole_lines(b"", late.lines.text(None if self._followed else KEPT_LINES))
            if body:
                self._add(chunk(late.at, late.source, late.dyno, body))

    def _add(self, entry: Chunk) -> None:
        self._buffer.add(entry)
        for backlog, wanted in self._tails.items():
            if wanted.accepts(entry.source, entry.dyno):
                backlog.put(entry)
        self._drains.put(entry)

    def _now(self) -> bytes:
        """The time, but never before that of the line before: the wall clock may be set back."""
        at = self._clock.now().isoformat(timespec="microseconds").encode()
        self._latest = max(self._latest, at)
        return self._latest

    def _overflow(self, count: int, since: bytes) -> Chunk:
        text = f"Error L11 (Tail buffer overflow) -> This tail session dropped {count} messages since {since.decode()}."
        return chunk(self._now(), PLATFORM, "logplex", text.encode() + b"\n")
