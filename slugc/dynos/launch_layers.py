"""The Cloud Native launch layers of a slug, as one process type's launch uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slugc.buildpack.cloudnative import layer_folder
from slugc.buildpack.cloudnative.modifications import LayerEnvironment
from slugc.formats.toml import TomlProblem, parse
from slugc.host import inside
from slugc.model.cloudnative import escape_id

METADATA = "config/metadata.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchLayers:
    """What layers say about one process type; buildpacks in group order, layers of each in alphabetical order."""

    environments: tuple[tuple[LayerEnvironment, ...], ...] = ()
    programs: tuple[str, ...] = ()
    """exec.d programs, in the order they run; paths inside."""
    profiles: tuple[str, ...] = ()
    """profile.d scripts, for shell processes only; paths inside."""
    strict: bool = False
    """The slug was built by the specification where the reference lifecycle differs."""


def read(layers: Path, process: str | None) -> LaunchLayers:
    """process: the type that starts; None for a command of the user's own, which has no type."""
    metadata = _metadata(layers)
    strict = _table(metadata.get("slugc")).get("strict") is True
    found = [(owner, layer_folder.names(layers, owner)) for owner in _owners(layers, metadata)]
    pairs = [(owner, layer) for owner, names in found for layer in names]

    def scripts(folder: str) -> tuple[str, ...]:
        """Of each layer those for all processes and then those for this one; strictly, first those for all of all
        layers."""
        own = [f"{folder}/{process}"] if process else []
        turns = [[folder], own] if strict else [[folder, *own]]
        return tuple(
            path
            for folders in turns
            for owner, layer in pairs
            for one in folders
            for path in layer_folder.files(layers, owner, layer, one)
        )

    return LaunchLayers(
        environments=tuple(
            tuple(layer_folder.environment(layers, owner, layer) for layer in names) for owner, names in found
        ),
        programs=scripts("exec.d"),
        profiles=scripts("profile.d"),
        strict=strict,
    )


def _metadata(layers: Path) -> Mapping[str, Any]:
    data = inside.read(layers, METADATA)
    try:
        return parse((data or b"").decode("utf-8"))
    except (TomlProblem, UnicodeDecodeError):
        return {}


def _owners(layers: Path, metadata: Mapping[str, Any]) -> list[str]:
    """Folders of the group's buildpacks, in its order; by name where the slug does not say."""
    try:
        owners = [escape_id(member["id"]) for member in metadata.get("buildpacks", [])]
    except (KeyError, TypeError, AttributeError):
        owners = []
    return owners or sorted(item.name for item in layers.iterdir() if item.name not in {"config", "sbom"})


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
