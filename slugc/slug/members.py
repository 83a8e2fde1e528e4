"""Read tar headers, trusting nothing: only what our own packer writes is understood, all else is refused. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from slugc.errors.slug import MalformedSlug, SlugFileError, UnsafePath
from slugc.slug import headers
from slugc.slug.headers import BLOCK, ZEROS, byte_sum
from slugc.slug.walk import MAX_PATH, TOPS

MAX_PAX = 1 << 16
_REFUSED = {
    b"1": "a hard link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a named pipe",
    b"7": "a contiguous file",
    b"g": "a global header",
    b"L": "a GNU long name",
    b"K": "a GNU long link",
    b"S": "a GNU sparse file",
    b"D": "a GNU directory dump",
    b"M": "a GNU continuation",
    b"V": "a GNU volume label",
}
_KINDS = frozenset({headers.FILE, headers.FOLDER, headers.LINK})
_PAX_KEYS = frozenset({b"path", b"linkpath", b"size", b"hdrcharset"})


class Member(NamedTuple):
    """One member of the archive. `path` is relative and clean: `app/Procfile`."""

    path: bytes
    kind: bytes
    """FILE, FOLDER or LINK of headers.py."""
    mode: int
    """0755 or 0644, whatever else the header said: set-uid, set-gid and sticky bits are dropped."""
    size: int
    link: bytes


@dataclass(slots=True)
class HeaderReader:
    """Reads headers out of a frame's bytes. `path` names the slug in errors."""

    path: str

    def read(self, data: memoryview, at: int) -> tuple[Member, int]:
        """The member whose header is at `at`, and where its content begins.

        Raises MalformedSlug, UnsafePath.
        """
        extra: dict[bytes, bytes] = {}
        block = self._block(data, at)
        at += BLOCK
        if block[156:157] == b"x":
            size = self._number(block[124:136], "size")
            if size > MAX_PAX or at + size > len(data):
                raise self._malformed("A PAX header is too long")
            extra = self._records(bytes(data[at : at + size]))
            at += size + -size % BLOCK
            block = self._block(data, at)
            at += BLOCK
        return self._member(block, extra), at

    def _member(self, block: bytes, extra: dict[bytes, bytes]) -> Member:
        name = _text(block[0:100])
        prefix = _text(block[345:500])
        if prefix:
            name = prefix + b"/" + name
        name = extra.get(b"path", name)
        kind = block[156:157]
        if kind not in _KINDS:
            if kind in _REFUSED:
                raise UnsafePath(path=self.path, member=name, reason=f"it is {_REFUSED[kind]}")
            raise self._malformed(f"The member's kind {kind!r} is unknown")
        path = self._clean(name, folder=kind == headers.FOLDER)
        size = self._size(block, extra)
        if kind != headers.FILE and size:
            raise self._malformed("A folder or link has content")
        link = extra.get(b"linkpath", _text(block[157:257]))
        if kind == headers.LINK:
            if not link or b"\0" in link or len(link) > MAX_PATH:
                raise UnsafePath(path=self.path, member=name, reason="its link target is empty or not a path")
        elif link:
            raise self._malformed("A file or folder has a link target")
        executable = kind != headers.FILE or self._number(block[100:108], "mode") & 0o100
        return Member(path, kind, 0o755 if executable else 0o644, size, link)

    def _clean(self, name: bytes, *, folder: bool) -> bytes:
        """`./app/x` as `app/x`; anything that is not below app/ or layers/, spelled in one way only, is refused."""
        reason = ""
        path = name[2:] if name.startswith(b"./") else name
        if folder and path.endswith(b"/"):
            path = path[:-1]
        parts = path.split(b"/")
        if name.startswith(b"/"):
            reason = "its name is absolute"
        elif b".." in parts:
            reason = "its name leads out of its folder"
        elif b"\0" in name or b"" in parts or b"." in parts or not name.startswith(b"./"):
            reason = "its name is not spelled as slugc spells names"
        elif folder and not name.endswith(b"/"):
            reason = "it is a folder with the name of a file"
        elif parts[0] not in TOPS:
            reason = "it is not below app/ or layers/"
        elif len(parts) == 1 and not folder:
            reason = "it stands in the place of the whole folder"
        elif len(path) > MAX_PATH or max(map(len, parts)) > 255:
            reason = "its name is longer than a disk can hold"
        if reason:
            raise UnsafePath(path=self.path, member=name[:400], reason=reason)
        return path

    def _size(self, block: bytes, extra: dict[bytes, bytes]) -> int:
        given = extra.get(b"size")
        if given is None:
            return self._number(block[124:136], "size")
        if not given.isdigit() or len(given) > 18:
            raise self._malformed("A size is no number")
        return int(given)

    def _block(self, data: memoryview, at: int) -> bytes:
        block = bytes(data[at : at + BLOCK])
        if len(block) < BLOCK:
            raise self._malformed("A header is cut off")
        if block[257:265] != b"ustar\x0000":
            if block == ZEROS:
                raise self._malformed("The archive ends before its frames do")
            raise self._malformed("A header is not POSIX ustar")
        # The checksum's own field counts as eight spaces.
        found = byte_sum(block[:148]) + 8 * 32 + byte_sum(block[156:334]) + byte_sum(block[334:])
        if self._number(block[148:156], "checksum") != found:
            raise self._malformed("A header's checksum is wrong")
        return block

    def _records(self, body: bytes) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        while body:
            digits, space, _ = body.partition(b" ")
            if not space or not digits.isdigit() or len(digits) > 6:
                raise self._malformed("A PAX record has no length")
            length = int(digits)
            record, body = body[len(digits) + 1 : length], body[length:]
            key, equals, value = record[:-1].partition(b"=")
            if not equals or record[-1:] != b"\n" or length > MAX_PAX:
                raise self._malformed("A PAX record is not of the form KEY=VALUE")
            if key not in _PAX_KEYS or key in found:
                raise self._malformed(f"A PAX record {key[:40]!r} is not one that slugc writes")
            found[key] = value
        return found

    def _number(self, field: bytes, what: str) -> int:
        digits = field.rstrip(b"\0 ")
        try:
            # int() alone would take signs, blanks and underscores too.
            if digits.isdigit():
                return int(digits, 8)
        except ValueError:
            pass
        raise self._malformed(f"A header's {what} is no octal number")

    def _malformed(self, reason: str) -> SlugFileError:
        return MalformedSlug(path=self.path, reason=reason)


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]
