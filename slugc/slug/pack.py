"""Pack a finished build's tree into a slug file: deterministic, on all processors, in bounded memory."""

import contextlib
import itertools
import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from slugc.errors.slug import PackInterrupted, SlugNotWritten, TreeNotPackable
from slugc.events import Emit, Progress, SlugPacked, Warned, silent
from slugc.host import staging
from slugc.host.forks import WorkerDied, forked, processors
from slugc.model.names import spelled
from slugc.model.slug import Slug, SlugManifest
from slugc.slug import headers
from slugc.slug.assembly import Assembly
from slugc.slug.building import Builder, Job, Made, OldFrame
from slugc.slug.layout import LayerOf, LayerPlan, Layout
from slugc.slug.shards import Shard
from slugc.slug.walk import OPEN_FOLDER, Entry, LeftOut, walk

FORMAT = "slugc/1"
"""Names the rules of shards and headers: a change of them gives other bytes, and must change this."""
_SMALL = 1 << 20
"""A tree of this size is packed sooner than a process is forked."""


def pack(
    tree: Path,
    *,
    manifest: SlugManifest,
    layers: Sequence[LayerPlan],
    layer_of: LayerOf,
    out: Path,
    level: int = 3,
    previous: Slug | None = None,
    workers: int | None = None,
    emit: Emit = silent,
) -> Slug:
    """Write `out` from the folders app/ and layers/ of `tree`; the same bytes for the same input everywhere.

    `manifest` comes without layers, digest and packer; they are filled in. Layers are written in the order
    runtime, dependencies, launch, app. Frames that did not change are copied from `previous`. All members get
    manifest.mtime, 0:0, and modes 0755 or 0644. Sockets, pipes and devices are left out with a warning.
    `out` is staged beside itself, fsynced and renamed: it appears whole or not at all.
    Raises TreeNotPackable, TreeChanged, SlugNotWritten, PackInterrupted.
    """
    import zstandard

    version = ".".join(str(part) for part in zstandard.ZSTD_VERSION)
    manifest = replace(
        manifest,
        digest="",
        layers=(),
        mtime=min(max(manifest.mtime, 0), headers.MAX_TIME),
        packer=f"{FORMAT} zstd/{version} level/{level}",
    )
    with contextlib.ExitStack() as stack:
        root = _open_root(tree)
        stack.callback(os.close, root)
        job = Job(
            root=root,
            mtime=manifest.mtime,
            level=level,
            old_file=_open_old(previous, manifest, stack),
            old_frames=_old_frames(previous, manifest),
        )
        left_out: list[LeftOut] = []
        layout = Layout(layers, layer_of)
        shards = layout.shards(_members(root, left_out))
        slug, reused = _write(job, layout, shards, manifest, out=out, workers=workers or processors(), emit=emit)
    for item in left_out:
        text = f"{os.fsdecode(item.path)} is {item.what}: it is left out of the slug"
        emit(Warned(text=spelled(text), hint="Make it when the app starts."))
    count = sum(len(layer.frames) for layer in slug.manifest.layers)
    files_packed = sum(layer.files for layer in slug.manifest.layers)
    emit(
        SlugPacked(digest=slug.manifest.digest, size=slug.size, files=files_packed, frames_reused=reused, frames=count)
    )
    return slug


def _members(root: int, left_out: list[LeftOut]) -> Iterator[Entry]:
    for found in walk(root):
        if isinstance(found, Entry):
            yield found
        else:
            left_out.append(found)


def _write(
    job: Job, layout: Layout, shards: Iterator[Shard], manifest: SlugManifest, *, out: Path, workers: int, emit: Emit
) -> tuple[Slug, int]:
    """The slug, and how many of its frames are the previous one's."""
    try:
        with contextlib.ExitStack() as stack:
            ahead, much = _ahead(shards)
            target = stack.enter_context(staging.staged(out))
            scratch = [stack.enter_context(staging.unnamed(out.parent)) for _ in range(workers if much else 1)]
            assembly = Assembly(target, manifest, layout, scratch=scratch, old_file=job.old_file)
            results = _built(job, itertools.chain(ahead, shards), scratch)
            done = 0
            for shard, made in stack.enter_context(contextlib.closing(results)):
                assembly.add(shard, made)
                done += made.tar_size
                if layout.whole:
                    emit(Progress(what="Packing", done=min(done, layout.size), total=layout.size))
            manifest = assembly.finish()
    except OSError as error:
        raise SlugNotWritten(path=str(out), reason=error.strerror or str(error)) from error
    except WorkerDied as error:
        raise PackInterrupted(what="packing", status=error.status) from None
    slug = Slug(path=out, manifest=manifest, size=assembly.size, frames_at=assembly.frames_at)
    return slug, assembly.reused


def _ahead(shards: Iterator[Shard]) -> tuple[list[Shard], bool]:
    """The first shards, and whether there is work for several processes: as many as it takes to tell."""
    ahead: list[Shard] = []
    size = 0
    for shard in shards:
        ahead.append(shard)
        size += sum(member[3] for member in shard.members)
        if len(ahead) > 1 and size > _SMALL:
            return ahead, True
    return ahead, False


def _built(job: Job, shards: Iterator[Shard], scratch: Sequence[int]) -> Generator[tuple[Shard, Made], None, None]:
    """The frames of all shards, as they are made: by one worker for each scratch file, or by this process alone."""
    if len(scratch) > 1:
        yield from forked(lambda number: Builder(job, number, scratch[number]), shards, workers=len(scratch))
        return
    with contextlib.closing(Builder(job, 0, scratch[0])) as builder:
        for shard in shards:
            yield shard, builder(shard)


def _open_root(tree: Path) -> int:
    try:
        return os.open(tree, OPEN_FOLDER)
    except OSError as error:
        raise TreeNotPackable(member=os.fsencode(tree), reason=error.strerror or "It cannot be opened") from None


def _open_old(previous: Slug | None, manifest: SlugManifest, stack: contextlib.ExitStack) -> int | None:
    """The previous slug's file, where its frames were made by the same rules; a missing one costs time only."""
    if previous is None or previous.manifest.packer != manifest.packer:
        return None
    try:
        fd = os.open(previous.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    stack.callback(os.close, fd)
    return fd


def _old_frames(previous: Slug | None, manifest: SlugManifest) -> dict[str, OldFrame]:
    if previous is None or previous.manifest.packer != manifest.packer:
        return {}
    return {
        frame.content: OldFrame(
            at=previous.frames_at + frame.offset, size=frame.size, tar_size=frame.tar_size, digest=frame.digest
        )
        for layer in previous.manifest.layers
        for frame in layer.frames
    }
