"""All Cloud Native buildpacks of one build together: restore, build each in turn, then settle what the slug gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slugc.buildpack.cloudnative import extensions, kept
from slugc.buildpack.cloudnative.building import Built, build
from slugc.buildpack.cloudnative.environment import LAYERS
from slugc.buildpack.cloudnative.feed import PlanFeed
from slugc.buildpack.cloudnative.kept import Kept
from slugc.buildpack.cloudnative.place import Place
from slugc.buildpack.cloudnative.processes import as_process_type
from slugc.buildpack.cloudnative.table import Export, KeptLayer, Restore, exported, restored
from slugc.buildpack.contract import Exports
from slugc.errors.cloudnative import BuildOutputInvalid
from slugc.events import CacheDiscarded, Emit, Output, Warned
from slugc.formats.layer_toml import restored_layer, store_text
from slugc.host import inside, trees
from slugc.model.cloudnative import Descriptor, Kind, PlanEntry
from slugc.model.process import ProcessType

CACHE = ".cloud-native"
"""Begins with a dot, which no buildpack's own cache does (bench.cache_key): nobody but slugc writes there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the Cloud Native buildpacks of a build give to the slug, besides `layers`."""

    processes: Mapping[str, tuple[ProcessType, ...]] = field(default_factory=dict)
    """By buildpack id, as each declared them; rules between buildpacks are not applied yet."""
    labels: Mapping[str, str] = field(default_factory=dict)
    slices: tuple[tuple[str, ...], ...] = ()
    layers: tuple[tuple[str, str], ...] = ()
    """(buildpack id, folder under layers/) of each launch layer."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """By buildpack id: version, API, launch layers' metadata and digests, store."""


@dataclass(slots=True)
class Session:
    """Mutable: the plan shrinks and the layers grow while the buildpacks build."""

    place: Place
    members: Sequence[Descriptor]
    plan: Sequence[PlanEntry]
    strict: bool = False
    _feed: PlanFeed = field(init=False)
    _kept: Kept = field(init=False)
    _built: list[Built] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._feed = PlanFeed(entries=tuple(self.plan))
        self._kept = kept.load(self.place.shop.cache / CACHE)

    def begin(self, *, emit: Emit) -> None:
        """Run the image extensions, and bring back layers. Raises DockerfileNeeded, GenerateFailed."""
        extensions.generate(self.place, self.members, self._feed, emit=emit)
        self._feed = self._feed.without_extensions()
        self.place.layers.mkdir(parents=True, exist_ok=True)
        if self._kept.problem is not None:
            emit(CacheDiscarded(what="Cloud Native layers", reasons=(self._kept.problem,)))
        for descriptor in self.members:
            if descriptor.kind is Kind.BUILDPACK:
                self._restore(descriptor, emit)

    def build(self, descriptor: Descriptor, exports: Exports, *, emit: Emit) -> Exports:
        """One bin/build. Raises BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable, BuildOutputInvalid."""
        built = build(self.place, descriptor, self._feed, exports, emit=emit, strict=self.strict)
        self._feed = built.feed
        self._built.append(built)
        return built.exports

    def finish(self, *, emit: Emit) -> Outcome:
        """Put launch layers and SBOMs where the slug takes them from, and keep what the next build may have.

        Raises BuildOutputInvalid for a launch layer that has neither a folder nor a predecessor.
        """
        keep = _Keep()
        for built in self._built:
            try:
                self._settle(built, keep, emit)
            except OSError as error:
                where = f"{LAYERS}/{built.descriptor.escaped}"
                raise BuildOutputInvalid(buildpack=built.descriptor.id, file=where, reason=str(error)) from error
        kept.save(self._kept.root, keep.layers, contents=keep.contents, sboms=keep.sboms, store=keep.store)
        return Outcome(
            processes={
                b.descriptor.id: tuple(
                    as_process_type(p, b.descriptor.id)
                    for p in b.launch.processes
                    if not p.exec_env or self.place.world.exec_env in p.exec_env or "all" in p.exec_env
                )
                for b in self._built
            },
            labels={key: value for b in self._built for key, value in b.launch.labels.items()},
            slices=tuple(s for b in self._built for s in b.launch.slices),
            layers=tuple(keep.launch),
            metadata={b.descriptor.id: _metadata(b, keep) for b in self._built},
        )

    def _restore(self, descriptor: Descriptor, emit: Emit) -> None:
        """Only the members of this group get their layers back; `<layer>.toml` comes without its types."""
        folder = self.place.layers / descriptor.escaped
        folder.mkdir(parents=True, exist_ok=True)
        if descriptor.escaped in self._kept.store:
            text = store_text(self._kept.store[descriptor.escaped])
            (folder / "store.toml").write_text(text, "utf-8")
        for (owner, name), layer in sorted(self._kept.layers.items()):
            if owner != descriptor.escaped:
                continue
            image = layer if layer.types.launch else None
            cache = layer if layer.types.cache else None
            decision = restored(image, cache)
            if decision is Restore.CONTENTS and not self._kept.restore(owner, name, folder / name):
                emit(
                    CacheDiscarded(
                        what=f"layer {descriptor.id}:{name}", reasons=("its contents do not match its digest",)
                    )
                )
                continue
            if decision is Restore.NOTHING:
                continue
            (folder / f"{name}.toml").write_text(restored_layer(layer.metadata), "utf-8")
            for file, data in self._kept.sboms(owner, name).items():
                (folder / file).write_bytes(data)
            emit(Output(text=f"Restored layer {descriptor.id}:{name} ({decision.value})"))

    def _settle(self, built: Built, keep: "_Keep", emit: Emit) -> None:
        escaped, root = built.descriptor.escaped, self.place.layers
        for name, layer in built.layers.items():
            key, folder = (escaped, name), root / escaped / name
            present = inside.real_folder(root, f"{escaped}/{name}")
            decision = exported(layer, folder=present, previous=self._previous(key))
            if decision.problem is not None:
                raise BuildOutputInvalid(
                    buildpack=built.descriptor.id, file=f"{name}.toml", reason=f"the layer {name} {decision.problem}"
                )
            if decision.slug is Export.NONE and not decision.cached:
                continue
            source = folder if decision.slug is not Export.REUSE else self._kept.contents(escaped, name)
            keep.contents[key] = source
            keep.layers[key] = KeptLayer(digest=trees.digest(source), types=layer.types, metadata=layer.metadata)
            if decision.slug is not Export.NONE:
                copied = trees.copy(source, self.place.shop.layers / escaped / name)
                for path in copied.left_out:
                    text = f"layer {built.descriptor.id}:{name}: {path} is left out: a socket, device or pipe"
                    emit(Warned(text=text, hint="Make it when the app starts.", buildpack=built.descriptor.id))
                keep.launch.append((built.descriptor.id, f"{escaped}/{name}"))
        if built.store is not None:
            keep.store[escaped] = built.store
        self._settle_sboms(built, keep)

    def _previous(self, key: tuple[str, str]) -> KeptLayer | None:
        return self._kept.layers.get(key) if self._kept.sound(*key) else None

    def _settle_sboms(self, built: Built, keep: "_Keep") -> None:
        """`sbom/launch/<buildpack>/[<layer>/]sbom.<format>.json` beside the layers; the others stay out of the slug."""
        escaped = built.descriptor.escaped
        for file, data in built.sboms:
            layer = built.layers.get(file.owner)
            if (escaped, file.owner) in keep.layers:
                keep.sboms.setdefault((escaped, file.owner), {})[file.name] = data
            if file.owner != "launch" and (layer is None or not layer.types.launch):
                continue
            parts = [escaped] if file.owner == "launch" else [escaped, file.owner]
            target = self.place.shop.layers.joinpath("sbom", "launch", *parts, f"sbom.{file.format}.json")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


@dataclass(slots=True)
class _Keep:
    layers: dict[tuple[str, str], KeptLayer] = field(default_factory=dict)
    contents: dict[tuple[str, str], Path] = field(default_factory=dict)
    sboms: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    store: dict[str, Any] = field(default_factory=dict)
    launch: list[tuple[str, str]] = field(default_factory=list)


def _metadata(built: Built, keep: _Keep) -> dict[str, Any]:
    escaped = built.descriptor.escaped
    layers = {
        name: {"digest": keep.layers[escaped, name].digest, **_flags(layer.types), "data": plain(layer.metadata)}
        for name, layer in sorted(built.layers.items())
        if layer.types.launch and (escaped, name) in keep.layers
    }
    about: dict[str, Any] = {
        "version": built.descriptor.version,
        "api": str(built.descriptor.api),
        "homepage": built.descriptor.homepage,
        "folder": f"{LAYERS}/{escaped}",
        "layers": layers,
    }
    return about if built.store is None else {**about, "store": plain(built.store)}


def _flags(types: Any) -> dict[str, bool]:
    return {"launch": types.launch, "build": types.build, "cache": types.cache}


def plain(value: Any) -> Any:
    """A TOML value as JSON has it: dates become text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
