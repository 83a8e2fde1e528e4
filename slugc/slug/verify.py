"""Is a slug what its manifest says? Frame by frame, without unpacking any."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from blake3 import blake3

from slugc.errors.slug import DigestMismatch, TruncatedSlug
from slugc.events import Emit, Progress, silent
from slugc.model.slug import Frame, Slug

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a verification read."""

    frames: int
    size: int
    """Bytes of frames."""


def check_frames(slug: Slug, *, emit: Emit = silent) -> Checked:
    """Compare every frame's bytes with its digest; nothing is decompressed.

    The manifest and the end mark were checked when the slug was read. Raises DigestMismatch, TruncatedSlug.
    """
    frames = [(layer.name, frame) for layer in slug.manifest.layers for frame in layer.frames]
    total = sum(frame.size for _, frame in frames)
    done = 0
    file = os.open(slug.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for position, (layer, frame) in enumerate(frames, start=1):
            found = _digest(slug, file, frame)
            if found != frame.digest:
                what = f"frame {position} (layer {layer})"
                raise DigestMismatch(path=str(slug.path), what=what, found=found, expected=frame.digest)
            done += frame.size
            emit(Progress(what="Verifying", done=done, total=total))
    finally:
        os.close(file)
    return Checked(frames=len(frames), size=total)


def _digest(slug: Slug, file: int, frame: Frame) -> str:
    digest = blake3()
    for part in _parts(file, slug.frames_at + frame.offset, frame.size):
        if not part:
            raise TruncatedSlug(path=str(slug.path), size=os.fstat(file).st_size, expected=slug.size)
        digest.update(part)
    return digest.hexdigest()


def _parts(file: int, at: int, size: int) -> Iterator[bytes]:
    while size:
        part = os.pread(file, min(size, _CHUNK), at)
        yield part
        at += len(part)
        size -= len(part)
