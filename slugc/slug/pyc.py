"""Python's .pyc files: keep the valid ones valid when every file's time becomes the slug's own.

A .pyc remembers its source's modification time and size. Once all times are the same, it would look stale,
and Python would compile every module again at every boot (three times slower). So its remembered time is
rewritten. Layout of the header: PEP 552.
"""

HEADER = 16
SOURCE = b".py"
_FIRST_MAGIC, _LAST_MAGIC = 3390, 5000
"""CPython 3.7 and later have the flags word. Older ones keep the time where it stands now."""
_PYPY_MAGIC = range(224, 3000)


def source_of(path: bytes) -> bytes | None:
    """The source that the .pyc at `path` belongs to; None where it is no .pyc."""
    if not path.endswith(b".pyc"):
        return None
    folder, _, name = path.rpartition(b"/")
    parent, _, last = folder.rpartition(b"/")
    if last == b"__pycache__":
        return parent + b"/" + name.split(b".", 1)[0] + SOURCE
    return path[:-1]


def remembered_time(header: bytes, *, path: bytes, source: tuple[int, int] | None, mtime: int) -> int | None:
    """The time to write into bytes 8 to 12, or None where the header stays as it is.

    `source` is the source's real (mtime, size) before packing, or None where there is none. A .pyc that is
    valid now gets the slug's time and stays valid; one that is stale gets another time and stays stale, the
    same one in every build.
    """
    if len(header) < HEADER or header[2:4] != b"\r\n" or header[4:8] != b"\0\0\0\0":
        return None
    magic = int.from_bytes(header[:2], "little")
    if not (_FIRST_MAGIC <= magic < _LAST_MAGIC or magic in _PYPY_MAGIC):
        return None
    wanted = mtime & 0xFFFFFFFF
    stale = wanted ^ 1
    if source is None:
        # Without a source Python looks at the time of a .pyc that stands in the source's own place not at all.
        return stale if b"/__pycache__/" in path else wanted
    found = int.from_bytes(header[8:12], "little"), int.from_bytes(header[12:16], "little")
    return wanted if found == (source[0] & 0xFFFFFFFF, source[1] & 0xFFFFFFFF) else stale
