"""The Cloud Native launch layers of a slug, as one process type's launch uses them."""

from dataclasses import dataclass
from pathlib import Path

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


def read(layers: Path, process: str | None) -> LaunchLayers:
    """process: the type that starts; None for a command of the user's own, which has no type."""
    found = [(owner, layer_folder.names(layers, owner)) for owner in _owners(layers)]
    pairs = [(owner, layer) for owner, names in found for layer in names]
    return LaunchLayers(
        environments=tuple(
            tuple(layer_folder.environment(layers, owner, layer) for layer in names) for owner, names in found
        ),
        programs=tuple(path for pair in pairs for path in layer_folder.executables(layers, *pair, process)),
        profiles=tuple(path for pair in pairs for path in layer_folder.profiles(layers, *pair, process)),
    )


def _owners(layers: Path) -> list[str]:
    """Folders of the group's buildpacks, in its order; by name where the slug does not say."""
    data = inside.read(layers, METADATA)
    try:
        members = parse((data or b"").decode("utf-8")).get("buildpacks", [])
        owners = [escape_id(member["id"]) for member in members]
    except (TomlProblem, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        owners = []
    return owners or sorted(item.name for item in layers.iterdir() if item.name not in {"config", "sbom"})
