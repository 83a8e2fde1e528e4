"""`<layer>.toml`, `store.toml` and `build.toml`: what bin/build leaves beside its layers."""

from typing import Any

from slugc.formats.checked import document
from slugc.formats.toml_text import dump
from slugc.model.cloudnative import LayerFile, LayerTypes

_FLAGS = ("launch", "build", "cache")


def parse_layer(text: str) -> LayerFile:
    """Raises FileProblem; also for flags outside `[types]`, which would else be silently without effect."""
    root = document(text)
    for flag in _FLAGS:
        if flag in root:
            raise root.problem(flag, "belongs under [types] (Buildpack API 0.6 and later)")
    types = root.table("types")
    return LayerFile(
        types=LayerTypes(launch=types.flag("launch"), build=types.flag("build"), cache=types.flag("cache")),
        metadata=root.anything("metadata"),
    )


def restored_layer(metadata: Any) -> str:
    """The file as the next build finds it: metadata only. A buildpack must set the types again, or the layer is
    left out: reuse is its own decision each time."""
    return dump({"metadata": metadata}) if metadata is not None else ""


def parse_store(text: str) -> dict[str, Any]:
    """store.toml's `[metadata]`. Raises FileProblem."""
    return dict(document(text).table("metadata").data)


def store_text(metadata: Any) -> str:
    return dump({"metadata": metadata})


def parse_unmet(text: str) -> tuple[str, ...]:
    """build.toml: the names of plan entries that this buildpack leaves for a later one. Raises FileProblem."""
    return tuple(table.required_text("name") for table in document(text).tables("unmet"))
