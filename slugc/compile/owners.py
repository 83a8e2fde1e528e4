"""Who made which file of the tree: what the slug's layers are cut by. Pure but for the walk."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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
    return {entry.path: (entry.mode,) if entry.is_folder else entry.mark for entry in trees.walk(root)}


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


def layers(owners: Mapping[str, int], ids: Sequence[str], declared: Sequence[Mapping[str, str]]) -> "Layers":
    """Two layers a buildpack (runtime, dependencies), then the app: files of the source that nobody changed."""
    plans = [
        Layer(name=f"{position + 1}-{_short(name)}-{what.value}", owner=name, kind=what)
        for position, name in enumerate(ids)
        for what in (LayerKind.RUNTIME, LayerKind.DEPENDENCIES)
    ]
    index = {
        path: 2 * position + (kind(path, declared[position]) is LayerKind.DEPENDENCIES)
        for path, position in owners.items()
    }
    plans.append(Layer(name="app", owner=SOURCE, kind=LayerKind.APP))
    return Layers(plans=tuple(plans), index=index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    plans: tuple[Layer, ...]
    index: Mapping[str, int]
    """Layer by path relative to the app; paths not in it are in the last layer."""

    @property
    def members(self) -> dict[bytes, int]:
        """The same by the names that archive members have."""
        return {os.fsencode(f"app/{path}"): layer for path, layer in self.index.items()}


def _short(name: str) -> str:
    return name.rpartition("/")[2] or name
