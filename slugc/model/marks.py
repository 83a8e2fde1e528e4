"""What every member of a source was when it was last looked at: thousands of them, kept as columns. Pure."""

import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Literal

FileMark = tuple[int, int, int, int, int, str]
"""A file's st_mode, size, mtime_ns, ctime_ns, inode, and the sha256 of its content (a link's target; empty for a
folder). The first five tell that nothing happened to it; the last what it is."""

_HEAD = struct.Struct("<QQQ")
_NUMBERS: tuple[Literal["q", "Q"], ...] = ("q", "q", "q", "q", "Q")
"""Inodes use all 64 bits on some file systems; times before 1970 are negative."""
_END = b"\0"


class Marks(Mapping[str, FileMark]):
    """Marks by path. As text and columns they are read in a millisecond, where twenty thousand values take thirty;
    the mapping itself is made when somebody first looks into it."""

    def __init__(self, packed: bytes) -> None:
        """Raises ValueError where `packed` is not what `pack` made."""
        self._packed = packed
        self._made: dict[str, FileMark] | None = None
        try:
            count, names, contents = _HEAD.unpack_from(packed)
        except struct.error as error:
            raise ValueError(str(error)) from error
        self._count, self._contents = int(count), int(contents)
        self._columns = _HEAD.size + int(names)
        if self._columns + self._count * 8 * len(_NUMBERS) + self._contents != len(packed):
            raise ValueError("not as long as its head says")

    @classmethod
    def pack(cls, marks: Mapping[str, FileMark]) -> "Marks":
        if isinstance(marks, cls):
            return marks
        names = _joined(marks)
        contents = _joined(mark[5] for mark in marks.values())
        columns = [array(kind, map(itemgetter(n), marks.values())) for n, kind in enumerate(_NUMBERS)]
        head = _HEAD.pack(len(marks), len(names), len(contents))
        return cls(b"".join((head, names, *(column.tobytes() for column in columns), contents)))

    @property
    def packed(self) -> bytes:
        return self._packed

    def names(self) -> list[str]:
        """Paths, in the order of `numbers`."""
        return _split(self._packed[_HEAD.size : self._columns])

    def numbers(self) -> "list[memoryview[int]]":
        """Columns: mode, size, mtime_ns, ctime_ns, inode."""
        size = self._count * 8
        view = memoryview(self._packed)
        starts = [self._columns + n * size for n in range(len(_NUMBERS))]
        return [view[at : at + size].cast(kind) for at, kind in zip(starts, _NUMBERS, strict=True)]

    def __getitem__(self, path: str) -> FileMark:
        return self._all()[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return self._count

    def __contains__(self, path: object) -> bool:
        return path in self._all()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Marks):
            return self._packed == other._packed
        return super().__eq__(other)

    def __hash__(self) -> int:
        return hash(self._packed)

    def _all(self) -> dict[str, FileMark]:
        if self._made is None:
            contents = _split(self._packed[len(self._packed) - self._contents :])
            self._made = dict(zip(self.names(), zip(*self.numbers(), contents, strict=True), strict=True))
        return self._made


def _joined(texts: Iterable[str]) -> bytes:
    return b"".join(text.encode("utf-8", "surrogateescape") + _END for text in texts)


def _split(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").split("\0")[:-1]
