"""Pack a finished build's tree into a slug file: deterministic, on all processors, in bounded memory."""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slugc.errors.slug import PackInterrupted, SlugNotWritten, TreeNotPackable
from slugc.events import Emit, Progress, SlugPacked, Warned, silent
from slugc.host import staging
from slugc.host.forks import WorkerDied, forked, processors
from slugc.model.slug import Frame, LayerKind, Slug, SlugLayer, SlugManifest
from slugc.slug import head, headers, pyc, shards
from slugc.slug.building import PREVIOUS, Builder, Job, Made, OldFrame
from slugc.slug.walk import OPEN_FOLDER, Entry, walk

FORMAT = "slugc/1"
"""Names the rules of shards and headers: a change of them gives other bytes, and must change this."""
_ORDER = (LayerKind.RUNTIME, LayerKind.DEPENDENCIES, LayerKind.LAUNCH, LayerKind.APP)
_CHUNK = 1 << 20
_SMALL = 1 << 20
"""A tree of this size is packed sooner than a process is forked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlan:
    """A layer to be: who made it and what it is. Layers without members do not appear in the slug."""

    name: str
    owner: str
    kind: LayerKind


LayerOf = Callable[[bytes], int] | Mapping[bytes, int]
"""The layer (position in the plans) of a path such as `app/bin/web`; a Mapping's missing paths are in the last."""


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
        entries, left_out = walk(root)
        for item in left_out:
            text = f"{os.fsdecode(item.path)} is {item.what}: it is left out of the slug"
            emit(Warned(text=text.encode("utf-8", "backslashreplace").decode(), hint="Make it when the app starts."))
        plans, members = _in_order(layers, entries, layer_of)
        job = Job(
            root=root,
            layers=members,
            shards=[shard for index, layer in enumerate(members) for shard in shards.cut(index, layer)],
            sources=_sources(entries),
            mtime=manifest.mtime,
            level=level,
            old_file=_open_old(previous, manifest, stack),
            old_frames=_old_frames(previous, manifest),
        )
        slug, reused = _write(job, plans, manifest, out=out, workers=workers or processors(), emit=emit)
    count = sum(len(layer.frames) for layer in slug.manifest.layers)
    files_packed = sum(layer.files for layer in slug.manifest.layers)
    emit(
        SlugPacked(digest=slug.manifest.digest, size=slug.size, files=files_packed, frames_reused=reused, frames=count)
    )
    return slug


def _write(
    job: Job, plans: Sequence[LayerPlan], manifest: SlugManifest, *, out: Path, workers: int, emit: Emit
) -> tuple[Slug, int]:
    bare = [_layer(plan, members, ()) for plan, members in zip(plans, job.layers, strict=True)]
    size = head.room(manifest, bare, len(job.shards))
    try:
        with staging.staged(out) as target:
            os.lseek(target, size, os.SEEK_SET)
            made = _frames(job, target, out.parent, workers, emit)
            end = os.lseek(target, 0, os.SEEK_CUR)
            os.pwrite(target, head.END, end)
            manifest = _complete(manifest, bare, job, made)
            os.pwrite(target, head.encode(manifest, size), 0)
    except OSError as error:
        raise SlugNotWritten(path=str(out), reason=error.strerror or str(error)) from error
    except WorkerDied as error:
        raise PackInterrupted(what="packing", status=error.status) from None
    slug = Slug(path=out, manifest=manifest, size=end + len(head.END), frames_at=size)
    return slug, sum(item.source == PREVIOUS for item in made)


def _frames(job: Job, target: int, folder: Path, workers: int, emit: Emit) -> list[Made]:
    """Append the frames of all shards to `target`, in order, while the workers are still making later ones."""
    total = sum(entry.size for layer in job.layers for entry in layer)
    alone = len(job.shards) <= 1 or total <= _SMALL
    made: dict[int, Made] = {}
    done = 0
    with contextlib.ExitStack() as stack:
        scratch = [stack.enter_context(staging.unnamed(folder)) for _ in range(1 if alone else workers)]
        results: Iterator[tuple[int, Made]]
        if alone:
            builder = stack.enter_context(contextlib.closing(Builder(job, 0, scratch[0])))
            results = ((index, builder(index)) for index in range(len(job.shards)))
        else:
            crew = forked(lambda n: Builder(job, n, scratch[n]), range(len(job.shards)), workers=workers)
            results = stack.enter_context(contextlib.closing(crew))
        written = 0
        for index, result in results:
            made[index] = result
            done += result.tar_size
            emit(Progress(what="Packing", done=min(done, total), total=total))
            while written in made:
                item = made[written]
                source = job.old_file if item.source == PREVIOUS else scratch[item.source]
                assert source is not None
                staging.copy_range(source, item.at, target, item.size)
                written += 1
    return [made[index] for index in range(len(job.shards))]


def _complete(manifest: SlugManifest, bare: Sequence[SlugLayer], job: Job, made: Sequence[Made]) -> SlugManifest:
    """The manifest with its layers' frames and its digest."""
    frames: list[list[Frame]] = [[] for _ in bare]
    offset = 0
    for shard, item in zip(job.shards, made, strict=True):
        frames[shard.layer].append(
            Frame(
                offset=offset,
                size=item.size,
                tar_size=item.tar_size,
                digest=item.digest,
                content=item.content,
                continued=shard.continued,
            )
        )
        offset += item.size
    layers = tuple(
        replace(layer, frames=tuple(own), digest=head.layer_digest(own))
        for layer, own in zip(bare, frames, strict=True)
    )
    manifest = replace(manifest, layers=layers)
    return replace(manifest, digest=head.content_digest(manifest))


def _layer(plan: LayerPlan, members: Sequence[Entry], frames: tuple[Frame, ...]) -> SlugLayer:
    return SlugLayer(
        name=plan.name,
        owner=plan.owner,
        kind=plan.kind,
        digest="",
        files=sum(entry.kind != headers.FOLDER for entry in members),
        size=sum(entry.size for entry in members),
        frames=frames,
    )


def _in_order(
    layers: Sequence[LayerPlan], entries: Sequence[Entry], layer_of: LayerOf
) -> tuple[list[LayerPlan], list[list[Entry]]]:
    """The layers that have members, runtime first and app last, and their members, sorted by bytes: the digest
    must not depend on LANG."""
    split: list[list[Entry]] = [[] for _ in layers]
    for entry in entries:
        if callable(layer_of):
            split[layer_of(entry.path)].append(entry)
        else:
            split[layer_of.get(entry.path, len(layers) - 1)].append(entry)
    order = sorted(range(len(layers)), key=lambda index: _ORDER.index(layers[index].kind))
    kept = [index for index in order if split[index]]
    return [layers[index] for index in kept], [sorted(split[index]) for index in kept]


def _sources(entries: Sequence[Entry]) -> dict[bytes, tuple[int, int]]:
    """What .pyc files may have been made from: pyc.source_of names nothing else."""
    return {
        entry.path: (entry.mtime, entry.size)
        for entry in entries
        if entry.kind == headers.FILE and entry.path.endswith(pyc.SOURCE)
    }


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
