"""Python's .pyc files: keep the valid ones valid when every file's time becomes the slug's own.

A .pyc remembers its source's modification time and size. Once all times are the same, it would look stale,
and Python would compile every module again at every boot (three times slower). So its remembered time is
rewritten. Layout of the header: PEP 552.
"""

import os
import stat
import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

HEADER = 16
SOURCE = b".py"
COMPILED = b".pyc"
_CACHE = b"__pycache__"
_WORD = 0xFFFFFFFF
_TIME_AND_SIZE = struct.Struct("<II").pack
_FIRST_MAGIC, _LAST_MAGIC = 3390, 5000
"""CPython 3.7 and later have the flags word. Older ones keep the time where it stands now."""
_PYPY_MAGIC = range(224, 3000)


Known = Mapping[bytes, os.stat_result]
"""The sources in one folder, by name."""


class Sources(NamedTuple):
    """What the .pyc files of one folder may have been made from."""

    own: Known
    above: Known | None = None
    """Of a folder named __pycache__, whose sources are beside it."""

    @classmethod
    def among(cls, members: Iterable[tuple[bytes, os.stat_result]], above: Known | None) -> "Sources":
        """From a folder's members with their lstat, and what `within` said of the folder. A link is no source."""
        own = {name: facts for name, facts in members if name.endswith(SOURCE) and stat.S_ISREG(facts.st_mode)}
        return cls(own, above)

    def within(self, name: bytes) -> Known | None:
        """`above` of the folder `name` in this one."""
        return self.own if name == _CACHE else None

    def of(self, name: bytes) -> bytes | None:
        """What the .pyc file `name` has in bytes 8 to 16 if it is valid; None where its source is not there."""
        known, source = (self.own, name[:-1]) if self.above is None else (self.above, name.split(b".", 1)[0] + SOURCE)
        facts = known.get(source)
        return _TIME_AND_SIZE(int(facts.st_mtime) & _WORD, facts.st_size & _WORD) if facts else None


def remembered_time(header: bytes, *, path: bytes, source: bytes | None, mtime: int) -> int | None:
    """The time to write into bytes 8 to 12, or None where the header stays as it is.

    `source` is what Sources.of says of it. A .pyc that is
    valid now gets the slug's time and stays valid; one that is stale gets another time and stays stale, the
    same one in every build.
    """
    if len(header) < HEADER or header[2:4] != b"\r\n" or header[4:8] != b"\0\0\0\0":
        return None
    magic = int.from_bytes(header[:2], "little")
    if not (_FIRST_MAGIC <= magic < _LAST_MAGIC or magic in _PYPY_MAGIC):
        return None
    wanted = mtime & _WORD
    stale = wanted ^ 1
    if source is None:
        # Without a source Python looks at the time of a .pyc that stands in the source's own place not at all.
        return stale if b"/__pycache__/" in path else wanted
    return wanted if header[8:16] == source else stale
