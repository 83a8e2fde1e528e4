"""Which layer each member of a tree is in, and the shards of all layers, while the tree is still being walked. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slugc.model.slug import LayerKind
from slugc.slug import headers
from slugc.slug.shards import Cutter, Shard
from slugc.slug.walk import Entry

_ORDER = (LayerKind.RUNTIME, LayerKind.DEPENDENCIES, LayerKind.LAUNCH, LayerKind.APP)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPlan:
    """A layer to be: who made it and what it is. Layers without members do not appear in the slug."""

    name: str
    owner: str
    kind: LayerKind


LayerOf = Callable[[bytes], int] | Mapping[bytes, int]
"""The layer (position in the plans) of a path such as `app/bin/web`; a Mapping's missing paths are in the last."""


@dataclass(slots=True)
class Held:
    """What one layer was found to hold."""

    files: int = 0
    size: int = 0
    shards: int = 0
    members: int = 0


class Layout:
    """The layers of one slug. `held` and `order` are right once `shards` has come to its end."""

    def __init__(self, plans: Sequence[LayerPlan], layer_of: LayerOf) -> None:
        self.plans = plans
        self.held = [Held() for _ in plans]
        self.whole = False
        """Every member is in a shard that was given out, or is about to be."""
        self._layer_of = layer_of

    @property
    def size(self) -> int:
        """Bytes of all contents."""
        return sum(held.size for held in self.held)

    @property
    def order(self) -> list[int]:
        """The layers that have members, as the slug has them: runtime first and app last."""
        ranked = sorted(range(len(self.plans)), key=lambda layer: _ORDER.index(self.plans[layer].kind))
        return [layer for layer in ranked if self.held[layer].members]

    def shards(self, members: Iterable[Entry]) -> Iterator[Shard]:
        """`members` are sorted by the bytes of their paths, for the digest must not depend on LANG. The shards of
        one layer come in order, those of several in between each other."""
        cutters = [Cutter(layer) for layer in range(len(self.plans))]
        layer_of, last = self._layer_of, len(self.plans) - 1
        for entry in members:
            layer = layer_of(entry.path) if callable(layer_of) else layer_of.get(entry.path, last)
            held = self.held[layer]
            held.members += 1
            held.size += entry.size
            if entry.kind != headers.FOLDER:
                held.files += 1
            done = cutters[layer].add(entry)
            if done:
                held.shards += len(done)
                yield from done
        left = [shard for cutter in cutters for shard in cutter.end()]
        for shard in left:
            self.held[shard.layer].shards += 1
        self.whole = True
        yield from left
