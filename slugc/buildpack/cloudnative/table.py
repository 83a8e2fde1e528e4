"""PURE: the layer table (specification: buildpack.md, "Layer Types"): what is restored, kept, and put in a slug."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from slugc.model.cloudnative import LayerFile, LayerTypes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLayer:
    """A layer of the previous build, as its record has it."""

    digest: str
    """sha256 of the layer's archive; empty where it had no folder."""
    types: LayerTypes
    metadata: Any = None
    archived: bool = True
    """Its contents are in the cache, and their digest was right."""


class Restore(StrEnum):
    NOTHING = "nothing"
    METADATA = "metadata"
    """`<layer>.toml` with its metadata, and its SBOM."""
    CONTENTS = "contents"
    """The same, and the folder."""


def restored(image: KeptLayer | None, cache: KeptLayer | None) -> Restore:
    """What the next build gets of one layer.

    image: the layer as it went into the previous slug (launch = true); cache: as it went into the cache
    (cache = true). A build layer that is not cached is never brought back: its contents are gone, and a toml
    without them would promise what is not there.
    """
    if cache is not None and cache.types.cache:
        differs = cache.types.launch and image is not None and image.digest != cache.digest
        return Restore.CONTENTS if cache.archived and not differs else Restore.NOTHING
    if image is not None and image.types.launch and not image.types.build and not image.types.cache:
        return Restore.METADATA
    return Restore.NOTHING


class Export(StrEnum):
    NONE = "none"
    ADD = "add"
    """Its folder goes into the slug."""
    REUSE = "reuse"
    """It has a toml and no folder: the previous slug's layer is taken as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDecision:
    slug: Export
    cached: bool
    problem: str | None = None


def exported(layer: LayerFile, *, folder: bool, previous: KeptLayer | None) -> ExportDecision:
    """What becomes of a layer after the whole group was built."""
    types = layer.types
    if not types.launch:
        return ExportDecision(slug=Export.NONE, cached=types.cache and folder)
    if folder:
        return ExportDecision(slug=Export.ADD, cached=types.cache)
    if types.cache:
        return ExportDecision(
            slug=Export.NONE, cached=False, problem="is launch and cache, but its folder is not there"
        )
    if previous is None or not previous.types.launch or not previous.archived:
        return ExportDecision(
            slug=Export.NONE, cached=False, problem="is to be reused from the previous build, which had no such layer"
        )
    return ExportDecision(slug=Export.REUSE, cached=False)


def set_aside(layers: Mapping[str, LayerFile]) -> list[str]:
    """Layers that are none of launch, build and cache: their folders become `<layer>.ignore` after the build."""
    return sorted(name for name, layer in layers.items() if layer.types.ignored)
