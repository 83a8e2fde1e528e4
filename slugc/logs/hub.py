"""An app's one stream of log lines: everything that happens to it goes in here, and readers take it from here.

Writing never waits for a reader. `write`, `event` and `finish` belong to the event loop's thread, like everything
else on the running side; the order of the calls is the order of the stream.
"""

from collections.abc import AsyncIterator
from pathlib import Path

from slugc.host.clock import Clock, SystemClock
from slugc.logs.buffer import Buffer
from slugc.logs.chunks import Chunk, chunk, whole_lines
from slugc.logs.drain import Drain, DrainSettings
from slugc.logs.drains import DrainBoard
from slugc.logs.queue import Backlog
from slugc.model.log import LogFilter

DEFAULT_LINES = 100
TAIL_LINES = 20_000
TAIL_BYTES = 4 << 20
TAIL_BATCH = 64 << 10
PLATFORM = "heroku"
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
        self._drains = DrainBoard(folder / "drains.json", settings=drains or DrainSettings(), now=self._now)

    def write(self, source: str, dyno: str, data: bytes) -> None:
        """Raw output in chunks of any size. A line without an end waits for the rest of it."""
        key = (source, dyno)
        body, rest = whole_lines(self._rest.get(key, b""), data)
        self._rest[key] = rest
        if body:
            self._add(chunk(self._now(), source, dyno, body))

    def event(self, source: str, dyno: str, text: str) -> None:
        """One line of the platform. That a process exited comes after its last words, ended or not."""
        if text.startswith(_EXITED):
            self.finish("app", dyno)
        self._add(chunk(self._now(), source, dyno, text.replace("\n", " ").encode() + b"\n"))

    def finish(self, source: str, dyno: str) -> None:
        """No more output will come: a last line that has no end is a line, too."""
        rest = self._rest.pop((source, dyno), b"").removesuffix(b"\r")
        if rest:
            self._add(chunk(self._now(), source, dyno, rest + b"\n"))

    def last(self, lines: int = DEFAULT_LINES, wanted: LogFilter = _EVERYTHING) -> list[Chunk]:
        """The last lines of the buffer, which keeps 1,500, that pass the filter; oldest first."""
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
        return self._drains.add(url)

    async def remove_drain(self, given: str) -> Drain:
        """given: its URL or its token. Raises UnknownDrain."""
        return await self._drains.remove(given)

    async def close(self) -> None:
        """Finish the lines that are begun, give drains a moment to deliver, end all tails."""
        for source, dyno in list(self._rest):
            self.finish(source, dyno)
        self.end_tails()
        await self._drains.close()
        self._buffer.close()

    def end_tails(self) -> None:
        """Each reader gets what waits for it, and the end."""
        for backlog in self._tails:
            backlog.close()

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
