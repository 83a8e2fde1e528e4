"""Open a slug file: its manifest costs one small read; members are found without unpacking the rest."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
from blake3 import blake3

from slugc.errors.slug import (
    DigestMismatch,
    MalformedSlug,
    NotASlug,
    SlugTooLarge,
    SlugUnreadable,
    TruncatedSlug,
    UnsupportedSchema,
)
from slugc.model.slug import SCHEMA, Frame, Slug, SlugManifest
from slugc.slug import head, headers
from slugc.slug.headers import BLOCK

_CHUNK = 1 << 17
MAX_FRAME = 64 << 20
"""No frame of ours holds more than 8 MiB of files and their headers; memory is bounded whatever a manifest says."""


def read_manifest(path: Path) -> Slug:
    """The slug at `path`, from its first frame alone; nothing of its content is read.

    The manifest is checked against itself (its digest, its frames' places) and against the file's size.
    Raises SlugUnreadable, NotASlug, UnsupportedSchema, MalformedSlug, TruncatedSlug, DigestMismatch.
    """
    try:
        # Not to wait for the writer of a named pipe.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SlugUnreadable(path=str(path), reason=error.strerror or "It cannot be opened") from None
    try:
        facts = os.fstat(file)
        if not stat.S_ISREG(facts.st_mode):
            raise NotASlug(path=str(path), reason="It is no regular file")
        plain, end = _first_frame(path, file)
        manifest = _decode(path, plain)
        frames_at = _after_room(path, file, end)
        _check(path, manifest, facts.st_size, frames_at)
        if os.pread(file, len(head.END), facts.st_size - len(head.END)) != head.END:
            raise MalformedSlug(path=str(path), reason="Its end mark is damaged")
    finally:
        os.close(file)
    return Slug(path=path, manifest=manifest, size=facts.st_size, frames_at=frames_at)


def read_frame(slug: Slug, file: int, frame: Frame, what: str = "a frame") -> bytes:
    """A frame's tar bytes, after its digest was checked. Raises DigestMismatch, MalformedSlug, TruncatedSlug."""
    import zstandard

    at = slug.frames_at + frame.offset
    data = os.pread(file, frame.size, at)
    if len(data) != frame.size:
        raise TruncatedSlug(path=str(slug.path), size=at + len(data), expected=slug.size)
    found = blake3(data).hexdigest()
    if found != frame.digest:
        raise DigestMismatch(path=str(slug.path), what=what, found=found, expected=frame.digest)
    try:
        # The frame's own header must promise what the manifest promised, before memory is set aside for it.
        if zstandard.frame_content_size(data) != frame.tar_size:
            raise MalformedSlug(path=str(slug.path), reason="A frame is not as long as the manifest says")
        plain = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompress(
            data, max_output_size=frame.tar_size, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise MalformedSlug(path=str(slug.path), reason=f"A frame cannot be decompressed ({error})") from None
    if len(plain) != frame.tar_size:
        raise MalformedSlug(path=str(slug.path), reason="A frame is not as long as the manifest says")
    return plain


def runs(slug: Slug) -> Iterator[tuple[int, list[Frame]]]:
    """Frames that must be read one after another, with their layer's position: a big file's pieces together."""
    for index, layer in enumerate(slug.manifest.layers):
        run: list[Frame] = []
        for frame in layer.frames:
            if run and not frame.continued:
                yield index, run
                run = []
            run.append(frame)
        if run:
            yield index, run


def _first_frame(path: Path, file: int) -> tuple[bytes, int]:
    """The first frame's plain bytes and where it ends."""
    import zstandard

    data = os.pread(file, _CHUNK, 0)
    if not data.startswith(head.MAGIC):
        raise NotASlug(path=str(path), reason="It is not a zstd archive" if data else "It is empty")
    try:
        size = zstandard.frame_content_size(data)
        if size > head.MAX_MANIFEST:
            raise SlugTooLarge(path=str(path), what="Bytes of manifest", found=size, limit=head.MAX_MANIFEST)
        if size < BLOCK:
            # A stream of unknown length: tar --zstd. Ours always says how long it is.
            raise NotASlug(path=str(path), reason="It has no manifest of its own in front")
        reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
        plain = bytearray()
        at = 0
        while True:
            plain += reader.decompress(data)
            at += len(data)
            if reader.eof:
                return bytes(plain), at - len(reader.unused_data)
            data = os.pread(file, _CHUNK, at)
            if not data:
                raise TruncatedSlug(path=str(path), size=at, expected=at + 1)
            if len(plain) > size:
                raise MalformedSlug(path=str(path), reason="The manifest is longer than its frame says")
    except zstandard.ZstdError as error:
        raise MalformedSlug(path=str(path), reason=f"The manifest cannot be decompressed ({error})") from None


def _decode(path: Path, plain: bytes) -> SlugManifest:
    if plain[: len(head.NAME) + 1] != head.NAME + b"\0" or plain[257:262] != b"ustar":
        raise NotASlug(path=str(path), reason="Its first member is not ./slug.json")
    try:
        size = int(plain[124:135], 8)
    except ValueError:
        raise MalformedSlug(path=str(path), reason="The manifest's size is no number") from None
    if plain[156:157] != headers.FILE or len(plain) != BLOCK + size + -size % BLOCK:
        raise MalformedSlug(path=str(path), reason="The manifest's member is not as long as its header says")
    text = plain[BLOCK : BLOCK + size]
    try:
        schema = msgspec.json.decode(text, type=dict[str, msgspec.Raw]).get("schema", msgspec.Raw(b"0"))
        number = msgspec.json.decode(schema, type=int)
        if number > SCHEMA:
            raise UnsupportedSchema(path=str(path), schema=number, supported=SCHEMA)
        return msgspec.json.decode(text, type=SlugManifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedSlug(path=str(path), reason=f"The manifest cannot be read ({error})") from None


def _after_room(path: Path, file: int, end: int) -> int:
    """Behind the first frame, up to `end`, stands the skippable frame with its digest and the room that was
    reserved for it; where that ends."""
    header = os.pread(file, head.SEAL, end)
    if len(header) < head.SEAL:
        raise TruncatedSlug(path=str(path), size=end + len(header), expected=end + head.SEAL)
    length = int.from_bytes(header[4:8], "little")
    if header[:4] != head.SKIPPABLE or length < head.SEAL - 8:
        raise MalformedSlug(path=str(path), reason="The room behind the manifest is not marked")
    if length > head.MAX_MANIFEST:
        raise SlugTooLarge(path=str(path), what="Bytes behind the manifest", found=length, limit=head.MAX_MANIFEST)
    found = hashlib.sha256(os.pread(file, end, 0)).digest()
    if found != header[8:]:
        raise DigestMismatch(path=str(path), what="the manifest", found=found.hex(), expected=header[8:].hex())
    rest = length - (head.SEAL - 8)
    if os.pread(file, rest, end + head.SEAL).strip(b"\0"):
        raise MalformedSlug(path=str(path), reason="The room behind the manifest is not empty")
    return end + head.SEAL + rest


def _check(path: Path, manifest: SlugManifest, size: int, frames_at: int) -> None:
    """The manifest's numbers fit together, and fit the file."""
    offset = 0
    if not 0 <= manifest.mtime <= headers.MAX_TIME:
        raise MalformedSlug(path=str(path), reason="The manifest's time is out of range")
    for layer in manifest.layers:
        for frame in layer.frames:
            if frame.offset != offset or frame.size <= 0 or frame.tar_size <= 0 or frame.tar_size % BLOCK:
                raise MalformedSlug(path=str(path), reason="The manifest's frames do not follow each other")
            if frame.tar_size > MAX_FRAME:
                raise SlugTooLarge(path=str(path), what="Bytes in one frame", found=frame.tar_size, limit=MAX_FRAME)
            offset += frame.size
        if head.layer_digest(layer.frames) != layer.digest:
            raise DigestMismatch(
                path=str(path), what=f"layer {layer.name}", found=head.layer_digest(layer.frames), expected=layer.digest
            )
    found = head.content_digest(manifest)
    if found != manifest.digest:
        raise DigestMismatch(path=str(path), what="the manifest", found=found, expected=manifest.digest)
    expected = frames_at + offset + len(head.END)
    if size < expected:
        raise TruncatedSlug(path=str(path), size=size, expected=expected)
    if size > expected:
        raise MalformedSlug(path=str(path), reason=f"{size - expected} bytes follow its end")
