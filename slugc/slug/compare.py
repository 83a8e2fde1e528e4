"""Where do two slugs differ? The answer to a build that does not repeat itself."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from slugc.errors.slug import NotReproducible, OtherSource
from slugc.model.slug import Slug
from slugc.slug.contents import Run, pieces
from slugc.slug.members import Member
from slugc.slug.reading import runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first file, by the bytes of its path, that is not the same in both."""

    path: bytes
    layer: str
    owner: str
    """Who made the layer: a buildpack's id, or `source`."""
    reason: str


class _Seen(NamedTuple):
    member: Member
    digest: bytes
    layer: int


def compare(first: Slug, second: Slug) -> Difference | None:
    """The first differing file, or None where every file, mode and link is the same.

    Frames that both slugs share are not read. Manifests are not compared: see `changed_fields`.
    """
    mine = _members(first, _own(first, second))
    theirs = _members(second, _own(second, first))
    for path in sorted(mine.keys() | theirs.keys()):
        here, there = mine.get(path), theirs.get(path)
        reason = _reason(here, there)
        if reason is None:
            continue
        slug, seen = (first, here) if here is not None else (second, there)
        assert seen is not None
        layer = slug.manifest.layers[seen.layer]
        return Difference(path=path, layer=layer.name, owner=layer.owner, reason=reason)
    return None


def changed_fields(first: Slug, second: Slug) -> list[str]:
    """Manifest fields that differ, other than layers and digest, e.g. `process_types`."""
    own, other = first.manifest, second.manifest
    return [
        name
        for name in own.__slots__
        if name not in {"digest", "layers"} and getattr(own, name) != getattr(other, name)
    ]


def level_of(slug: Slug) -> int:
    """The zstd level that a slug was packed with."""
    _, _, level = slug.manifest.packer.rpartition("level/")
    return int(level) if level.isdigit() else 3


def check_same(slug: Slug, again: Slug, *, source: str) -> None:
    """Raises OtherSource where `again` was built from another tree, NotReproducible with the first difference."""
    wanted, found = slug.manifest.source, again.manifest.source
    if found.digest != wanted.digest:
        raise OtherSource(source=source, found=found.digest, expected=wanted.digest, commit=wanted.commit)
    difference = compare(slug, again)
    if difference is not None:
        raise NotReproducible(
            member=difference.path, layer=difference.layer, owner=difference.owner, difference=difference.reason
        )
    fields = changed_fields(slug, again)
    if fields:
        text = f"All files are the same, and the manifest's {', '.join(fields)} differ"
        raise NotReproducible(member=b"slug.json", layer="manifest", owner="slugc", difference=text)


def _own(slug: Slug, other: Slug) -> Iterator[Run]:
    """The runs of frames that only this slug has."""
    shared = {frame.digest for layer in other.manifest.layers for frame in layer.frames}
    return (run for run in runs(slug) if any(frame.digest not in shared for frame in run[1]))


def _members(slug: Slug, own: Iterator[Run]) -> dict[bytes, _Seen]:
    found: dict[bytes, _Seen] = {}
    member: Member | None = None
    layer = 0
    digest = hashlib.sha256()
    for piece in pieces(slug, own):
        if piece.member is not None:
            if member is not None:
                found[member.path] = _Seen(member, digest.digest(), layer)
            member, layer, digest = piece.member, piece.layer, hashlib.sha256()
        digest.update(piece.content)
    if member is not None:
        found[member.path] = _Seen(member, digest.digest(), layer)
    return found


def _reason(here: _Seen | None, there: _Seen | None) -> str | None:
    if here is None:
        return "Only the second has it"
    if there is None:
        return "Only the first has it"
    mine, theirs = here.member, there.member
    checks = (
        (mine.kind != theirs.kind, "It is a file in one and a folder or link in the other"),
        (mine.link != theirs.link, "The link leads elsewhere"),
        (mine.mode != theirs.mode, f"Its mode is {mine.mode:o} and {theirs.mode:o}"),
        (mine.size != theirs.size, f"It has {mine.size} and {theirs.size} bytes"),
        (here.digest != there.digest, f"Its {mine.size} bytes differ"),
    )
    return next((reason for differs, reason in checks if differs), None)
