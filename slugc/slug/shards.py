"""Cut the sorted members of each layer into shards; each becomes one zstd frame. Pure.

A shard ends after a member whose name says so (crc32), once it has some size: so an inserted or grown file
moves the cuts of its own neighbourhood only, and the frames behind it stay the same bytes. A cut by size alone
would shift every later shard. A big file gets shards of its own, cut into pieces.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

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


class Shard(NamedTuple):
    """Members `first` to `last` (exclusive) of a layer, or a piece of one big file."""

    layer: int
    first: int
    last: int
    offset: int = 0
    length: int = -1
    """Bytes of the one file's content in this piece; -1: whole members."""

    @property
    def continued(self) -> bool:
        return self.offset > 0


def cut(layer: int, entries: Sequence[Entry]) -> list[Shard]:
    """The shards of one layer. `entries` are sorted by the bytes of their paths."""
    shards: list[Shard] = []
    first = 0
    size = 0
    for index, entry in enumerate(entries):
        if entry.size > MAX_BYTES:
            if index > first:
                shards.append(Shard(layer, first, index))
            shards.extend(_pieces(layer, index, entry.size))
            first, size = index + 1, 0
            continue
        nominal = BLOCK + entry.size + -entry.size % BLOCK
        if index > first and (size + nominal > MAX_BYTES or index - first >= MAX_ENTRIES):
            shards.append(Shard(layer, first, index))
            first, size = index, 0
        size += nominal
        enough = size >= MIN_BYTES or index + 1 - first >= MIN_ENTRIES
        if enough and zlib.crc32(entry.path) & CUT_MASK == 0:
            shards.append(Shard(layer, first, index + 1))
            first, size = index + 1, 0
    if first < len(entries):
        shards.append(Shard(layer, first, len(entries)))
    return shards


def _pieces(layer: int, index: int, size: int) -> list[Shard]:
    return [
        Shard(layer, index, index + 1, offset, min(MAX_BYTES, size - offset)) for offset in range(0, size, MAX_BYTES)
    ]
