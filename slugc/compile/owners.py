"""Who made which file of the tree: what the slug's layers are cut by. Pure but for the walk."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slugc.compile.slices import sliced
from slugc.host import trees
from slugc.model.slug import LayerKind

SOURCE = "source"
RUNTIMES = (".heroku", ".jdk", ".apt", "vendor/ruby", "vendor/node")
"""Where buildpacks that report nothing put language runtimes, by old custom."""

Marks = Mapping[str, tuple[int, ...]]


@dataclass(slots=True)
class Ownership:
    """Filled while the buildpacks run: call `settle` after each of them."""

    root: Path
    owners: dict[str, int] = field(default_factory=dict)
    """Position of the buildpack (0-based) that made or last changed a path; paths of the source are not in it."""
    _marks: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """Everything in the tree, as the last buildpack left it."""
        return list(self._marks)

    def begin(self) -> None:
        self._marks = marks(self.root)

    def settle(self, position: int) -> None:
        after = marks(self.root)
        for path, mark in after.items():
            if self._marks.get(path) != mark:
                self.owners[path] = position
        for path in self._marks.keys() - after.keys():
            self.owners.pop(path, None)
        self._marks = after


def marks(root: Path) -> dict[str, tuple[int, ...]]:
    """A folder's own times change with every entry: only its mode counts."""
    # What a buildpack shut away from its own user is in the slug all the same, as it is where root builds.
    entries = trees.walk(root, opening=True)
    return {entry.path: (entry.mode,) if entry.is_folder else entry.mark for entry in entries}


def kind(path: str, declared: Mapping[str, str]) -> LayerKind:
    """The layer's kind for a file that a buildpack made: what it declared itself, else old custom."""
    best = max((prefix for prefix in declared if _under(path, prefix)), key=len, default=None)
    if best is not None:
        return LayerKind(declared[best])
    return LayerKind.RUNTIME if any(_under(path, prefix) for prefix in RUNTIMES) else LayerKind.DEPENDENCIES


def _under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix + "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    name: str
    owner: str
    kind: LayerKind


def layers(
    owners: Mapping[str, int],
    ids: Sequence[str],
    declared: Sequence[Mapping[str, str]],
    *,
    launch: Sequence[tuple[str, str]] = (),
    slices: Sequence[Sequence[str]] = (),
    paths: Iterable[str] = (),
) -> "Layers":
    """Two layers a buildpack (runtime, dependencies), the Cloud Native launch layers, a layer for each slice, then
    the app: files of the source that nobody changed.

    launch: (buildpack id, folder under layers/). slices: patterns; a file of `paths` that one matches is in its
    layer, whoever made it.
    """
    plans = [
        Layer(name=f"{position + 1}-{_short(name)}-{what.value}", owner=name, kind=what)
        for position, name in enumerate(ids)
        for what in (LayerKind.RUNTIME, LayerKind.DEPENDENCIES)
    ]
    index = {
        path: 2 * position + (kind(path, declared[position]) is LayerKind.DEPENDENCIES)
        for path, position in owners.items()
    }
    folders = {f"layers/{folder}": len(plans) + n for n, (_, folder) in enumerate(launch)}
    plans += [Layer(name=folder, owner=owner, kind=LayerKind.LAUNCH) for owner, folder in launch]
    if launch or slices:
        folders["layers"] = len(plans)
        plans.append(Layer(name="launch-metadata", owner="slugc", kind=LayerKind.LAUNCH))
    index |= {path: len(plans) + position for path, position in sliced(paths, slices).items()}
    plans += [Layer(name=f"slice-{n + 1}", owner=SOURCE, kind=LayerKind.APP) for n in range(len(slices))]
    plans.append(Layer(name="app", owner=SOURCE, kind=LayerKind.APP))
    return Layers(plans=tuple(plans), index=index, folders=folders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    plans: tuple[Layer, ...]
    index: Mapping[str, int]
    """Layer by path relative to the app; paths not in it are in the last layer."""

    folders: Mapping[str, int] = field(default_factory=dict)
    """Layer by folder under layers/, and `layers` for the rest of it."""

    def layer_of(self, member: bytes) -> int:
        """The layer of an archive member (`app/x`, `layers/acme_node/dist/y`)."""
        path = os.fsdecode(member)
        if path == "layers" or path.startswith("layers/"):
            return self.folders.get("/".join(path.split("/")[:3]), self.folders.get("layers", len(self.plans) - 1))
        return self.index.get(path.removeprefix("app/"), len(self.plans) - 1)


def _short(name: str) -> str:
    return name.rpartition("/")[2] or name
