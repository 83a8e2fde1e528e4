"""Put the frames that workers made into the slug file, in the slug's order and not in that of their making."""

import os
from collections.abc import Sequence
from dataclasses import replace

from slugc.host import staging
from slugc.model.slug import Frame, SlugLayer, SlugManifest
from slugc.slug import head
from slugc.slug.building import PREVIOUS, Made
from slugc.slug.layout import Layout
from slugc.slug.shards import Shard


class Assembly:
    """One slug file, open at `target`. `scratch`: the workers' files, by their numbers; `old_file`: the previous slug.

    The manifest comes before the frames and must have room, which depends on how many there will be: nothing is
    copied before the tree has been walked to its end.
    """

    def __init__(
        self, target: int, manifest: SlugManifest, layout: Layout, *, scratch: Sequence[int], old_file: int | None
    ) -> None:
        self.frames_at = 0
        """Where the frames begin, in bytes."""
        self.reused = 0
        """How many of them are the previous slug's."""
        self._target = target
        self._manifest = manifest
        self._layout = layout
        self._scratch = scratch
        self._old_file = old_file
        self._made: dict[tuple[int, int], tuple[Made, bool]] = {}
        self._places: list[tuple[int, int]] = []
        self._frames: dict[int, list[Frame]] = {}
        self._copied = 0
        self._offset = 0

    def add(self, shard: Shard, made: Made) -> None:
        """Take a finished frame, and copy those whose turn it is."""
        self._made[shard.layer, shard.number] = made, shard.continued
        if self._layout.whole:
            self._copy()

    def finish(self) -> SlugManifest:
        """Write the end mark and the head, once all frames are there. The manifest with layers and digest."""
        self._copy()
        os.pwrite(self._target, head.END, self.frames_at + self._offset)
        layers = tuple(
            replace(bare, frames=tuple(frames), digest=head.layer_digest(frames))
            for bare, frames in zip(self._bare(), self._frames.values(), strict=True)
        )
        manifest = replace(self._manifest, layers=layers)
        manifest = replace(manifest, digest=head.content_digest(manifest))
        os.pwrite(self._target, head.encode(manifest, self.frames_at), 0)
        return manifest

    @property
    def size(self) -> int:
        return self.frames_at + self._offset + len(head.END)

    def _copy(self) -> None:
        if not self.frames_at:
            self._begin()
        while self._copied < len(self._places) and self._places[self._copied] in self._made:
            place = self._places[self._copied]
            made, continued = self._made.pop(place)
            source = self._old_file if made.source == PREVIOUS else self._scratch[made.source]
            assert source is not None
            staging.copy_range(source, made.at, self._target, made.size)
            self.reused += made.source == PREVIOUS
            self._frames[place[0]].append(
                Frame(
                    offset=self._offset,
                    size=made.size,
                    tar_size=made.tar_size,
                    digest=made.digest,
                    content=made.content,
                    continued=continued,
                )
            )
            self._offset += made.size
            self._copied += 1

    def _begin(self) -> None:
        order = self._layout.order
        self._frames = {layer: [] for layer in order}
        self._places = [(layer, number) for layer in order for number in range(self._layout.held[layer].shards)]
        self.frames_at = head.room(self._manifest, self._bare(), len(self._places))
        os.lseek(self._target, self.frames_at, os.SEEK_SET)

    def _bare(self) -> list[SlugLayer]:
        """The layers without their frames."""
        return [
            SlugLayer(
                name=self._layout.plans[layer].name,
                owner=self._layout.plans[layer].owner,
                kind=self._layout.plans[layer].kind,
                digest="",
                files=self._layout.held[layer].files,
                size=self._layout.held[layer].size,
                frames=(),
            )
            for layer in self._layout.order
        ]
