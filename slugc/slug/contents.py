"""What is inside a slug, without unpacking it: list members, print one, stream the contents."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from slugc.errors.slug import MalformedSlug, MemberNotFound, shown
from slugc.model.slug import Frame, Slug, SlugLayer
from slugc.slug import headers
from slugc.slug.headers import BLOCK
from slugc.slug.members import MAX_PAX, HeaderReader, Member
from slugc.slug.reading import read_frame, runs

Run = tuple[int, list[Frame]]


class Piece(NamedTuple):
    """A member, or more of the content of the one before (`member` is None then)."""

    layer: int
    member: Member | None
    content: memoryview
    """Valid until the next piece is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A line of a listing."""

    path: bytes
    kind: str
    """`file`, `folder` or `link`."""
    mode: int
    size: int
    link: bytes
    layer: str
    owner: str


_KINDS = {headers.FILE: "file", headers.FOLDER: "folder", headers.LINK: "link"}


def pieces(slug: Slug, only: Iterable[Run] | None = None) -> Iterator[Piece]:
    """Every member and its content, in the order of the archive; digests are checked on the way.

    Raises DigestMismatch, MalformedSlug, UnsafePath, TruncatedSlug.
    """
    reader = HeaderReader(str(slug.path))
    file = os.open(slug.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for layer, run in runs(slug) if only is None else only:
            left = 0
            for frame in run:
                data = memoryview(read_frame(slug, file, frame, f"a frame of layer {_layer(slug, layer).name}"))
                at = min(left, len(data))
                if left:
                    yield Piece(layer, None, data[:at])
                left -= at
                at += -at % BLOCK
                while at < len(data):
                    if left or frame.continued:
                        raise MalformedSlug(path=str(slug.path), reason="A file is cut off")
                    member, at = reader.read(data, at)
                    end = min(at + member.size, len(data))
                    yield Piece(layer, member, data[at:end])
                    left = member.size - (end - at)
                    at = end + -end % BLOCK
            if left:
                raise MalformedSlug(path=str(slug.path), reason="A file is cut off")
    finally:
        os.close(file)


def members(slug: Slug) -> Iterator[Listed]:
    """All members, in the order of the archive: layer by layer, sorted by bytes in each."""
    for piece in pieces(slug):
        if piece.member is not None:
            layer = _layer(slug, piece.layer)
            member = piece.member
            yield Listed(
                path=member.path,
                kind=_KINDS[member.kind],
                mode=member.mode,
                size=member.size,
                link=member.link,
                layer=layer.name,
                owner=layer.owner,
            )


def cat(slug: Slug, path: bytes, write: Callable[[memoryview], object]) -> None:
    """Write one file's content; only the frames that may hold it are read. `Procfile` means `app/Procfile`.

    Raises MemberNotFound for what is no regular file.
    """
    wanted = _spelled(path)
    for run in _candidates(slug, wanted):
        found = False
        for piece in pieces(slug, [run]):
            if piece.member is not None:
                if found:
                    return
                if piece.member.path != wanted:
                    continue
                if piece.member.kind != headers.FILE:
                    link = piece.member.link
                    reason = f"It is a link to {shown(link)}" if link else "It is a folder"
                    raise MemberNotFound(path=str(slug.path), member=path, reason=reason)
                found = True
            if found:
                write(piece.content)
        if found:
            return
    raise MemberNotFound(path=str(slug.path), member=path)


def _spelled(path: bytes) -> bytes:
    path = path.removeprefix(b"./").removeprefix(b"/")
    return path if path.startswith((b"app/", b"layers/")) else b"app/" + path


def _candidates(slug: Slug, wanted: bytes) -> Iterator[Run]:
    """The run of each layer that holds the path if the layer has it: members are sorted within a layer."""
    by_layer: dict[int, list[list[Frame]]] = {}
    for index, run in runs(slug):
        by_layer.setdefault(index, []).append(run)
    file = os.open(slug.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for index, found in by_layer.items():
            position = _last_not_after(slug, file, found, wanted)
            if position >= 0:
                yield index, found[position]
    finally:
        os.close(file)


def _last_not_after(slug: Slug, file: int, found: Sequence[list[Frame]], wanted: bytes) -> int:
    low, high = 0, len(found)
    while low < high:
        middle = (low + high) // 2
        if _first_path(slug, file, found[middle][0]) <= wanted:
            low = middle + 1
        else:
            high = middle
    return low - 1


def _first_path(slug: Slug, file: int, frame: Frame) -> bytes:
    """The path of a frame's first member, from the beginning of the frame alone."""
    import zstandard

    data = os.pread(file, min(frame.size, 1 << 18), slug.frames_at + frame.offset)
    try:
        plain = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(data).read(MAX_PAX + 4 * BLOCK)
    except zstandard.ZstdError as error:
        raise MalformedSlug(path=str(slug.path), reason=f"A frame cannot be decompressed ({error})") from None
    with memoryview(plain) as view:
        member, _ = HeaderReader(str(slug.path)).read(view, 0)
    return member.path


def _layer(slug: Slug, index: int) -> SlugLayer:
    return slug.manifest.layers[index]
