"""The first member of a slug: its manifest, in a zstd frame of its own, and the digest that names the content.

The manifest tells where the frames lie and is written before them, when its own compressed length is not yet
known. So room is reserved for the longest it can be, what is left is filled with a zstd skippable frame (every
zstd ignores those), and offsets count from the end of that room. The skippable frame begins with the sha256 of
the manifest's frame: with it, every bit of a slug is covered by a digest.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from slugc.model.slug import Frame, SlugLayer, SlugManifest
from slugc.slug import headers

NAME = b"./slug.json"
MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x50\x2a\x4d\x18"
MAX_MANIFEST = 64 << 20
END = bytes.fromhex("28b52ffd60000303200000")
"""The archive's last frame: 1024 zero bytes, the end mark of tar. Written out as a constant (one RLE block),
so that it does not depend on the zstd release."""
END_TAR_SIZE = 1024
SEAL = 8 + 32
"""A skippable frame's header and the digest in it."""
_LEVEL = 9


def content_digest(manifest: SlugManifest) -> str:
    """The name of a slug's content: sha256 of its manifest as deterministic JSON, the digest left empty."""
    return hashlib.sha256(_json(replace(manifest, digest=""))).hexdigest()


def layer_digest(frames: Sequence[Frame]) -> str:
    """sha256 over the digests of a layer's frames, as text, in order."""
    return hashlib.sha256("".join(frame.digest for frame in frames).encode()).hexdigest()


def room(manifest: SlugManifest, layers: Sequence[SlugLayer], frames: int) -> int:
    """Bytes that the head of a slug with `frames` frames needs at most. `layers` have no frames yet."""
    widest = Frame(offset=10**15, size=10**12, tar_size=10**12, digest="f" * 64, content="f" * 64)
    filled = [replace(layer, digest="f" * 64, files=10**12, size=10**15, frames=()) for layer in layers]
    text = len(_json(replace(manifest, digest="f" * 64, layers=tuple(filled)))) + frames * (len(_json(widest)) + 1)
    tar = len(member(b"x" * text, mtime=manifest.mtime))
    # zstd's own bound for incompressible input, its frame header and checksum, and a skippable frame's beginning.
    return tar + (tar >> 8) + 128 + 18 + SEAL


def member(text: bytes, *, mtime: int) -> bytes:
    """The tar member that holds the manifest."""
    header = headers.HeaderWriter(mtime)(NAME, headers.FILE, 0o644, len(text))
    return header + text + bytes(-len(text) % headers.BLOCK)


def encode(manifest: SlugManifest, size: int) -> bytes:
    """The head: the manifest's frame and a skippable frame, together `size` bytes."""
    import msgspec
    import zstandard

    text = msgspec.json.format(_json(manifest), indent=1) + b"\n"
    plain = member(text, mtime=manifest.mtime)
    frame = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(plain)
    if len(frame) + SEAL > size:
        plain = member(_json(manifest), mtime=manifest.mtime)
        frame = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(plain)
    left = size - len(frame) - SEAL
    return seal(frame, left)


def seal(frame: bytes, left: int = 0) -> bytes:
    """The manifest's frame and the skippable frame behind it, with `left` bytes of unused room."""
    length = hashlib.sha256().digest_size + left
    return frame + SKIPPABLE + length.to_bytes(4, "little") + hashlib.sha256(frame).digest() + bytes(left)


def _json(value: SlugManifest | Frame) -> bytes:
    import msgspec

    return msgspec.json.encode(value, order="deterministic")
