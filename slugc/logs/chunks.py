"""Log output in chunks: many lines of one dyno that arrived at one moment. Pure.

Work is done once for a chunk, not once for a line: one timestamp, one bytes.replace that puts the prefix before
every line. That is six times faster than reading line by line, and fair, because whoever prints much pays per line
no more than whoever prints little.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from slugc.model.log import LogFilter, LogLine

LINE_LIMIT = 10_000
"""Bytes; longer lines are cut into several, as Logplex does."""
_STRIDE = LINE_LIMIT // 2


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of one source at one time. `text` has each with its prefix and its line feed."""

    at: bytes
    source: str
    dyno: str
    text: bytes
    count: int

    @property
    def prefix(self) -> bytes:
        return prefix(self.at, self.source, self.dyno)

    def messages(self) -> list[bytes]:
        """The lines without prefix and line feed."""
        size = len(self.prefix)
        return [line[size:] for line in self.text[:-1].split(b"\n")]

    def lines(self) -> Iterator[LogLine]:
        at = datetime.fromisoformat(self.at.decode())
        for message in self.messages():
            yield LogLine(at=at, source=self.source, dyno=self.dyno, text=shown(message))

    def last(self, count: int) -> "Chunk":
        """Only its last lines."""
        if count >= self.count:
            return self
        kept = self.text[:-1].split(b"\n")[-count:]
        return Chunk(self.at, self.source, self.dyno, b"\n".join(kept) + b"\n", count)


def prefix(at: bytes, source: str, dyno: str) -> bytes:
    return b"%b %b[%b]: " % (at, source.encode(), dyno.encode())


def chunk(at: bytes, source: str, dyno: str, body: bytes) -> Chunk:
    """body: whole lines, each with its line feed; not empty."""
    head = prefix(at, source, dyno)
    text = head + body[:-1].replace(b"\n", b"\n" + head) + b"\n"
    # What was put in tells how many lines there are; counting line feeds costs more than all the rest.
    return Chunk(at, source, dyno, text, (len(text) - len(body)) // len(head))


def whole_lines(rest: bytes, data: bytes) -> tuple[bytes, bytes]:
    """(whole lines, the new rest): what came now behind what was left of a line before.

    Carriage returns before line feeds go; lines beyond the limit are cut, also one that has no end yet.
    """
    body, end, tail = (rest + data).rpartition(b"\n")
    body += end
    # The look for one byte is free; the one for two costs three times what the prefixes do.
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n")
    if _has_long_line(body):
        body = b"".join(piece + b"\n" for line in body[:-1].split(b"\n") for piece in _cut(line))
    if len(tail) > LINE_LIMIT:
        *pieces, tail = _cut(tail)
        body += b"".join(piece + b"\n" for piece in pieces)
    return body, tail


def shown(message: bytes) -> str:
    """As text: bytes that are not UTF-8 appear as `\\xNN`."""
    return message.decode("utf-8", "backslashreplace")


def parse_lines(text: bytes) -> list[Chunk]:
    """Stored lines back to chunks; lines that are none, the last one without its end among them, are left out."""
    groups: list[tuple[tuple[bytes, bytes, bytes], list[bytes]]] = []
    # Not splitlines: a carriage return that redraws a progress bar stands in the middle of a line.
    for line in text.split(b"\n")[:-1]:
        at, _, rest = line.partition(b" ")
        name, colon, _ = rest.partition(b"]: ")
        source, bracket, dyno = name.partition(b"[")
        if not (colon and bracket and at[:1].isdigit()):
            continue
        key = (at, source, dyno)
        if not groups or groups[-1][0] != key:
            groups.append((key, []))
        groups[-1][1].append(line)
    return [
        Chunk(
            at,
            source.decode("utf-8", "replace"),
            dyno.decode("utf-8", "replace"),
            b"\n".join(lines) + b"\n",
            len(lines),
        )
        for (at, source, dyno), lines in groups
    ]


def last_lines(chunks: list[Chunk], count: int, wanted: LogFilter) -> list[Chunk]:
    """The last `count` lines that pass the filter, oldest first."""
    found: list[Chunk] = []
    for entry in reversed(chunks):
        if count <= 0:
            break
        if wanted.accepts(entry.source, entry.dyno):
            kept = entry.last(count)
            found.append(kept)
            count -= kept.count
    return found[::-1]


def _has_long_line(body: bytes) -> bool:
    # A line above the limit covers a whole stride without a line feed somewhere; looking for one in each stride
    # costs a dozen searches in 64 KiB instead of one look at every line.
    return len(body) > LINE_LIMIT and any(
        body.find(b"\n", at, at + _STRIDE) < 0 for at in range(0, len(body) - 1, _STRIDE)
    )


def _cut(line: bytes) -> list[bytes]:
    """Pieces within the limit, none of which ends in the middle of a UTF-8 character."""
    pieces: list[bytes] = []
    while len(line) > LINE_LIMIT:
        end = LINE_LIMIT
        while end > LINE_LIMIT - 4 and line[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(line[:end])
        line = line[end:]
    pieces.append(line)
    return pieces
