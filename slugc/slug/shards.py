"""Cut the sorted members of each layer into shards; each becomes one zstd frame. Pure.

A shard ends after a member whose name says so (crc32), once it has some size: so an inserted or grown file
moves the cuts of its own neighbourhood only, and the frames behind it stay the same bytes. A cut by size alone
would shift every later shard. A big file gets shards of its own, cut into pieces.
"""

import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from slugc.slug.headers import BLOCK
from slugc.slug.walk import Entry

MIN_BYTES = 2 << 20
MAX_BYTES = 8 << 20
"""The knee: shards of 16 MB compress 0.4 % better, shards of 1 MB 4 % worse."""
MIN_ENTRIES = 512
"""Small files count too: a folder of ten thousand tiny ones must not become one shard."""
MAX_ENTRIES = 2048
CUT_MASK = 0x7F
"""A member ends its shard with a chance of 1 in 128."""


Member = tuple[bytes, bytes, int, int, bytes, bytes | None]
"""An Entry, which in a worker is the bare tuple: making it an Entry again takes half a microsecond."""


class Shard(NamedTuple):
    """Members of a layer that stand side by side, or a piece of one big file."""

    layer: int
    number: int
    """Its place among the shards of its layer."""
    members: Sequence[Member]
    offset: int = 0
    length: int = -1
    """Bytes of the one file's content in this piece; -1: whole members."""

    @property
    def continued(self) -> bool:
        return self.offset > 0

    def __reduce__(self) -> tuple[Callable[..., "Shard"], tuple[object, ...]]:
        """Columns: a worker gets tens of thousands of members, and pickling each costs four times as much."""
        paths, *others = zip(*self.members, strict=True)
        return _shard, (self.layer, self.number, self.offset, self.length, b"\0".join(paths), *others)


def _shard(layer: int, number: int, offset: int, length: int, paths: bytes, *others: tuple[Any, ...]) -> Shard:
    return Shard(layer, number, [*zip(paths.split(b"\0"), *others, strict=True)], offset, length)


class Cutter:
    """Cuts one layer, member by member, in the order of the bytes of their paths."""

    def __init__(self, layer: int) -> None:
        self._layer = layer
        self._number = 0
        self._members: list[Entry] = []
        self._size = 0

    def add(self, entry: Entry) -> list[Shard]:
        """The shards that this member completes: mostly none."""
        if entry.size > MAX_BYTES:
            return [*self.end(), *self._pieces(entry)]
        nominal = BLOCK + entry.size + -entry.size % BLOCK
        full = self._size + nominal > MAX_BYTES or len(self._members) >= MAX_ENTRIES
        done = self.end() if full else []
        self._members.append(entry)
        self._size += nominal
        enough = self._size >= MIN_BYTES or len(self._members) >= MIN_ENTRIES
        if enough and zlib.crc32(entry.path) & CUT_MASK == 0:
            done += self.end()
        return done

    def end(self) -> list[Shard]:
        """What is left, as the last shard; none where nothing is."""
        if not self._members:
            return []
        shard = Shard(self._layer, self._number, self._members)
        self._number += 1
        self._members = []
        self._size = 0
        return [shard]

    def _pieces(self, entry: Entry) -> list[Shard]:
        offsets = range(0, entry.size, MAX_BYTES)
        first = self._number
        self._number += len(offsets)
        return [
            Shard(self._layer, first + piece, [entry], offset, min(MAX_BYTES, entry.size - offset))
            for piece, offset in enumerate(offsets)
        ]
