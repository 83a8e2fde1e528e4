"""Keep the store within a budget, and never touch what a release or a dyno uses."""

import contextlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from slugc.errors.slug import SlugFileError
from slugc.host import files, locks
from slugc.host.clock import Clock
from slugc.host.home import Home
from slugc.slug.reading import read_manifest
from slugc.slug.store import SlugStore

GRACE = 600.0
"""Seconds: a slug that was just built is not yet in any release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A stored slug, as gc sees it."""

    digest: str
    used: float
    """When it was last used, in seconds of the epoch."""
    slug_size: int
    tree_size: int
    """0 where it is not unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collection did."""

    slugs: tuple[str, ...] = ()
    """Digests whose slug file went."""
    trees: tuple[str, ...] = ()
    """Digests whose unpacked tree went; the slug can be unpacked again."""
    buildpacks: tuple[str, ...] = ()
    """Digests of fetched buildpacks that no build had used for long; a build that names one fetches it again."""
    freed: int = 0
    """Bytes of slugs and trees."""
    left: int = 0
    """Bytes still held; more than the budget where what is left is in use."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Digests that would have gone next, and why they stayed."""


def holdings(store: SlugStore) -> tuple[Holding, ...]:
    """All stored slugs, the one unused for longest first."""
    found = []
    for digest in store.digests():
        path = store.path_of(digest)
        with contextlib.suppress(OSError):
            facts = path.stat()
            size = _tree_size(store, digest)
            found.append(Holding(digest=digest, used=facts.st_mtime, slug_size=facts.st_size, tree_size=size))
    return tuple(sorted(found, key=lambda holding: (holding.used, holding.digest)))


def collect(
    store: SlugStore, *, budget: int, clock: Clock, keep: Collection[str] = (), grace: float = GRACE
) -> Collected:
    """Move trees, then slugs, to the trash until at most `budget` bytes are held: those unused for longest first.

    `keep`: digests that releases name. What is leased, kept or used within `grace` seconds stays. Nothing is
    deleted yet: `empty_trash` does that, when nobody waits.
    """
    now = clock.now().timestamp()
    found = holdings(store)
    held = sum(holding.slug_size + holding.tree_size for holding in found)
    start = held
    trees: list[str] = []
    slugs: list[str] = []
    kept: dict[str, str] = {}
    for whole in (False, True):
        for holding in found:
            size = holding.slug_size if whole else holding.tree_size
            if held <= budget or not size:
                continue
            reason = _in_use(holding, keep, now - grace)
            if reason is None:
                reason = _remove(store, holding.digest, whole=whole)
            if reason is not None:
                kept[holding.digest] = reason
                continue
            held -= size
            (slugs if whole else trees).append(holding.digest)
    _sweep(store, now - grace)
    return Collected(slugs=tuple(slugs), trees=tuple(trees), freed=start - held, left=held, kept=kept)


def empty_trash(home: Home) -> int:
    """Delete what collections moved aside; how many entries went."""
    if not home.trash.is_dir():
        return 0
    entries = list(home.trash.iterdir())
    for entry in entries:
        files.remove_tree(entry)
    return len(entries)


def _in_use(holding: Holding, keep: Collection[str], recent: float) -> str | None:
    if holding.digest in keep:
        return "a release uses it"
    if holding.used > recent:
        return "it was used a moment ago"
    return None


def _remove(store: SlugStore, digest: str, *, whole: bool) -> str | None:
    """Move it aside while nobody can begin to use it; the reason where somebody does."""
    lock = locks.try_exclusive(store.lease_lock(digest))
    if lock is None:
        return "a dyno runs on it"
    try:
        store.discard_tree(digest)
        if whole:
            store.to_trash(store.path_of(digest))
    finally:
        os.close(lock)
    return None


def _sweep(store: SlugStore, recent: float) -> None:
    """What killed processes left half made: folders and files whose names begin with a dot."""
    for folder in (store.home.trees, store.home.slugs):
        for path in folder.glob(".*") if folder.is_dir() else ():
            with contextlib.suppress(OSError):
                if path.name != ".locks" and path.lstat().st_mtime < recent - 86_400:
                    store.to_trash(path)


def _tree_size(store: SlugStore, digest: str) -> int:
    """From the manifest: walking a tree takes longer than all the rest."""
    if not store.has_tree(digest):
        return 0
    try:
        return sum(layer.size for layer in read_manifest(store.path_of(digest)).manifest.layers)
    except (SlugFileError, OSError):
        return 0
