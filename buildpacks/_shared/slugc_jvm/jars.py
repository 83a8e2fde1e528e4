"""The same jar twice: the times in a zip file, and the clock in its notes, are set; its contents stay as they are.

Entries are copied as they are compressed, so a jar of 100 MB takes a moment, and a nested jar stays stored.
"""

import re
import struct
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

_LOCAL, _CENTRAL, _END = 0x04034B50, 0x02014B50, 0x06054B50
_LOCAL_SIZE = 30
_NOTES = re.compile(r"(?:.*/)?META-INF/(?:.*/)?pom\.properties|META-INF/leiningen/.*/project\.clj\.properties")
_DATE_COMMENT = re.compile(rb"^#\w{3} \w{3} +\d{1,2} \d\d:\d\d:\d\d .*\d{4}\r?\n", re.MULTILINE)
_EARLIEST = 315_532_800  # 1980: DOS times begin there
_TICK = 2  # of the DOS clock
_UNIX_HOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    info: zipfile.ZipInfo
    data: bytes
    """As it is compressed."""
    crc: int
    size: int


def normalise(path: Path, *, epoch: int, in_order: bool = False) -> bool:
    """Rewrite a jar with every time at `epoch`. in_order: entries by name too, for tools that write them as the
    folder lists them; a jar of jars keeps its order all the same, for that is its class path.

    False, and nothing changed, for what is no zip file, or one of the 64-bit form.
    """
    try:
        data = path.read_bytes()
        with zipfile.ZipFile(path) as opened:
            infos = opened.infolist()
            comment = opened.comment
            start = min((info.header_offset for info in infos), default=0)
            entries = [_entry(info, data, opened) for info in infos]
    except (zipfile.BadZipFile, OSError, struct.error, zlib.error, NotImplementedError, RuntimeError):
        return False
    if len(entries) > 0xFFFE or len(data) > 0xFFFFFFF0:
        return False
    if in_order and not any(info.filename.endswith(".jar") for info in infos):
        entries.sort(key=_rank)
    rewritten = data[:start] + _written(entries, start, epoch, comment)
    if rewritten != data:
        staged = path.with_name(f".{path.name}.slugc")
        staged.write_bytes(rewritten)
        staged.chmod(path.stat().st_mode & 0o777)
        staged.replace(path)
    return True


def without_date(text: bytes) -> bytes:
    """A .properties text without the comment that holds the clock."""
    return _DATE_COMMENT.sub(b"", text)


def _entry(info: zipfile.ZipInfo, data: bytes, opened: zipfile.ZipFile) -> _Entry:
    if _NOTES.fullmatch(info.filename) and _DATE_COMMENT.search(plain := opened.read(info)):
        text = without_date(plain)
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        stored = info.compress_type == zipfile.ZIP_STORED
        packed = text if stored else packer.compress(text) + packer.flush()
        return _Entry(info=info, data=packed, crc=zlib.crc32(text), size=len(text))
    name, extra = struct.unpack_from("<HH", data, info.header_offset + 26)
    begin = info.header_offset + _LOCAL_SIZE + name + extra
    packed = data[begin : begin + info.compress_size]
    return _Entry(info=info, data=packed, crc=info.CRC, size=info.file_size)


def _rank(entry: _Entry) -> tuple[int, bytes]:
    """A reader of the stream wants META-INF/ and the manifest first."""
    name = entry.info.filename
    first = {"META-INF/": 0, "META-INF/MANIFEST.MF": 1}.get(name, 2)
    return first, name.encode()


def _written(entries: list[_Entry], start: int, epoch: int, comment: bytes) -> bytes:
    usual = _dos(epoch)
    # Clojure takes a class only where it is newer than its source: else it compiles everything again at each boot.
    of_classes = _dos(max(epoch, _EARLIEST) + _TICK) if _of_clojure(entries) else usual
    body, central = bytearray(), bytearray()
    for entry in entries:
        info = entry.info
        date, clock = of_classes if info.filename.endswith(".class") else usual
        # Bit 3 (sizes follow the data) goes, for they stand in the header; bit 11 says that the name is UTF-8.
        utf8 = not info.filename.isascii() or info.flag_bits & 0x800
        name = info.filename.encode("utf-8" if utf8 else "ascii")
        flags = (info.flag_bits & ~0x0808) | (0x800 if utf8 else 0)
        common = (flags, info.compress_type, clock, date, entry.crc, len(entry.data), entry.size, len(name))
        # 0xCAFE in the first entry marks a jar for old launchers; other extra fields hold times and owners.
        extra = b"\xfe\xca\x00\x00" if not body and b"\xfe\xca" in info.extra[:2] else b""
        offset = start + len(body)
        body += struct.pack("<IHHHHHIIIHH", _LOCAL, 20, *common, len(extra)) + name + extra + entry.data
        made_by = info.create_system << 8 | 20
        mode = (0o40755 if info.is_dir() else 0o100755 if info.external_attr >> 16 & 0o111 else 0o100644) << 16
        attributes = mode | (0x10 if info.is_dir() else 0) if info.create_system == _UNIX_HOST else info.external_attr
        central += struct.pack(
            "<IHHHHHHIIIHHHHHII", _CENTRAL, made_by, 20, *common, len(extra), 0, 0, 0, attributes, offset
        )
        central += name + extra
    end = struct.pack(
        "<IHHHHIIH", _END, 0, 0, len(entries), len(entries), len(central), start + len(body), len(comment)
    )
    return bytes(body + central) + end + comment


def _of_clojure(entries: list[_Entry]) -> bool:
    return any(entry.info.filename.endswith("__init.class") for entry in entries)


def _dos(epoch: int) -> tuple[int, int]:
    moment = time.gmtime(max(epoch, _EARLIEST))
    date = (moment.tm_year - 1980) << 9 | moment.tm_mon << 5 | moment.tm_mday
    return date, moment.tm_hour << 11 | moment.tm_min << 5 | moment.tm_sec // 2
