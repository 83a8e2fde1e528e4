"""Tar headers, built by hand: only name, kind, size and mode vary, and none of it depends on the machine.

POSIX ustar where it fits; a PAX header before it for what does not (a name over 100 + 155 bytes, a link over
100, a size of 8 GiB and more). tarfile's own headers cost four times as long and hold what the machine says.
"""

import struct
from zlib import adler32

BLOCK = 512
ZEROS = bytes(BLOCK)
FILE, LINK, FOLDER = b"0", b"2", b"5"
MAX_TIME = 0o77777777777
"""The largest time and size that a ustar header can hold (11 octal digits)."""

_OWNER = b"0000000\0" * 2
_TAIL = b"ustar\x0000" + bytes(64) + b"0000000\0" * 2
_BLOCK = struct.Struct("100s24s12s12s8s1s100s88s155s12x").pack
_PAX_NAME = b"././@PaxHeader"


class HeaderWriter:
    """Makes the headers of one archive: all its members have the same time and belong to 0:0."""

    def __init__(self, mtime: int) -> None:
        time = b"%011o\0" % mtime
        self._before = {mode: b"%07o\0" % mode + _OWNER for mode in (0o644, 0o755, 0o777)}
        self._time = time
        # The checksum field counts as eight spaces.
        constant = sum(time) + 8 * 32 + sum(_TAIL)
        self._sums = {mode: constant + sum(before) for mode, before in self._before.items()}

    def __call__(self, name: bytes, kind: bytes, mode: int, size: int, link: bytes = b"") -> bytes:
        """The header block of one member, with a PAX header before it where one is needed.

        `name` starts with `./`; a folder's ends with `/`. `mode` is 0644, 0755 or 0777.
        """
        prefix = b""
        if len(name) <= 100 and len(link) <= 100 and size <= MAX_TIME:
            return self._block(name, prefix, kind, mode, size, link)
        records = []
        short = name
        if len(name) > 100:
            split = _split(name)
            if split is None:
                records.append((b"path", name))
                short = name[:100]
            else:
                prefix, short = split
        if len(link) > 100:
            records.append((b"linkpath", link))
            link = link[:100]
        if size > MAX_TIME:
            records.append((b"size", b"%d" % size))
            size = 0
        if not records:
            return self._block(short, prefix, kind, mode, size, link)
        return self._pax(records) + self._block(short, prefix, kind, mode, size, link)

    def _block(self, name: bytes, prefix: bytes, kind: bytes, mode: int, size: int, link: bytes) -> bytes:  # noqa: PLR0917 - keywords cost time here
        length = b"%011o\0" % size
        checksum = self._sums[mode] + byte_sum(name) + byte_sum(length) + kind[0]
        if prefix:
            checksum += byte_sum(prefix)
        if link:
            checksum += byte_sum(link)
        return _BLOCK(name, self._before[mode], length, self._time, b"%06o\0 " % checksum, kind, link, _TAIL, prefix)

    def _pax(self, records: list[tuple[bytes, bytes]]) -> bytes:
        if any(not _is_utf8(value) for _, value in records):
            # PAX values are UTF-8 unless this record says otherwise; libarchive refuses the name without it.
            records = [(b"hdrcharset", b"BINARY"), *records]
        body = b"".join(_record(key, value) for key, value in records)
        return self._block(_PAX_NAME, b"", b"x", 0o644, len(body), b"") + body + bytes(-len(body) % BLOCK)


def byte_sum(field: bytes) -> int:
    """The sum of at most 256 bytes: an Adler-32 that begins with 0 keeps it in its lower half, modulo 65521, which they
    do not reach. sum() takes eight times as long."""
    return adler32(field, 0) & 0xFFFF


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """Cut at a slash into prefix (155 bytes at most) and name (100 at most); None where no slash fits."""
    at = name.rfind(b"/", 1, min(156, len(name) - 1))
    if at < 1 or len(name) - at - 1 > 100:
        return None
    return name[:at], name[at + 1 :]


def _record(key: bytes, value: bytes) -> bytes:
    """`LENGTH KEY=VALUE\\n`, where LENGTH counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    if len(str(length)) != len(str(rest)):
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
