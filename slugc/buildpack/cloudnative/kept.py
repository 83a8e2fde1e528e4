"""What one build keeps of its layers for the next: contents, metadata, SBOMs and store.toml, by digest.

The folder is the build's working copy of a cache, swapped in after success only. A broken one costs time, never
the build: whatever does not read or does not match its digest counts as not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slugc.buildpack.cloudnative.table import KeptLayer
from slugc.formats.toml import TomlProblem, parse
from slugc.formats.toml_text import dump
from slugc.host import inside, trees
from slugc.host.files import remove_tree, write_atomic
from slugc.model.cloudnative import LayerTypes

STATE = "state.toml"
SCHEMA = 1
SBOM = "sbom"


@dataclass(slots=True)
class Kept:
    """`layers` by (escaped buildpack, layer); `store` by escaped buildpack."""

    root: Path
    layers: dict[tuple[str, str], KeptLayer] = field(default_factory=dict)
    store: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    """Why nothing could be read; None also where there was nothing."""

    def contents(self, buildpack: str, layer: str) -> Path:
        return self.root / "layers" / buildpack / layer

    def sboms(self, buildpack: str, layer: str) -> dict[str, bytes]:
        """By name."""
        place = f"{SBOM}/{buildpack}/{layer}"
        names = sorted(item.name for item in (self.root / place).glob("*"))
        found = {name: inside.read(self.root, f"{place}/{name}", limit=64 << 20) for name in names}
        return {name: data for name, data in found.items() if data is not None}

    def sound(self, buildpack: str, layer: str) -> bool:
        """The kept contents are there and are what was kept."""
        kept = self.layers.get((buildpack, layer))
        if kept is None or not kept.archived or not inside.real_folder(self.root, f"layers/{buildpack}/{layer}"):
            return False
        try:
            return trees.digest(self.contents(buildpack, layer)) == kept.digest
        except OSError:
            return False

    def restore(self, buildpack: str, layer: str, target: Path) -> bool:
        """Copy the contents into `target`, times included. False: they are broken, and nothing is left there."""
        if not self.sound(buildpack, layer):
            return False
        try:
            trees.copy(self.contents(buildpack, layer), target)
        except OSError:
            remove_tree(target)
            return False
        return True


def load(root: Path) -> Kept:
    """What the previous build kept; empty where there was none, or it cannot be understood."""
    _unlink(root)
    try:
        state = parse((root / STATE).read_text("utf-8"))
    except FileNotFoundError:
        return Kept(root=root)
    except (OSError, TomlProblem, UnicodeDecodeError) as error:
        return Kept(root=root, problem=f"{STATE} cannot be read: {error}")
    if state.get("schema") != SCHEMA:
        return Kept(root=root, problem=f"{STATE} was written by another version of slugc")
    try:
        return Kept(root=root, layers=dict(_layer(item) for item in state.get("layers", [])), store=_store(state))
    except (KeyError, TypeError, AttributeError) as error:
        return Kept(root=root, problem=f"{STATE} is not complete: {error}")


def _unlink(root: Path) -> None:
    """Folders of a cache are folders. One that was carried here from elsewhere may hold links in their places, and
    what is kept next would be written, or removed, behind them."""
    for pattern in ("*", "*/*", f"{SBOM}/*/*"):
        for item in list(root.glob(pattern)):
            if item.is_symlink():
                item.unlink()


def save(
    root: Path,
    layers: Mapping[tuple[str, str], KeptLayer],
    *,
    contents: Mapping[tuple[str, str], Path],
    sboms: Mapping[tuple[str, str], Mapping[str, bytes]],
    store: Mapping[str, Any],
) -> None:
    """Replace everything that is kept. Contents that stand in `root` already stay where they are.

    Raises OSError; the state is written last, so what is half written is not seen.
    """
    root.mkdir(parents=True, exist_ok=True)
    (root / STATE).unlink(missing_ok=True)
    for key, source in contents.items():
        target = root / "layers" / key[0] / key[1]
        if source != target:
            remove_tree(target)
            trees.copy(source, target)
    for folder in (root / "layers").glob("*/*"):
        if (folder.parent.name, folder.name) not in contents:
            remove_tree(folder)
    remove_tree(root / SBOM)
    for (buildpack, layer), files in sboms.items():
        folder = root / SBOM / buildpack / layer
        folder.mkdir(parents=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    rows = [_row(key, layer) for key, layer in sorted(layers.items())]
    state = {"schema": SCHEMA, "layers": rows, "store": [{"buildpack": k, "metadata": v} for k, v in store.items()]}
    write_atomic(root / STATE, dump(state).encode())


def _row(key: tuple[str, str], layer: KeptLayer) -> dict[str, Any]:
    flags = {name: getattr(layer.types, name) for name in ("launch", "build", "cache")}
    row = {"buildpack": key[0], "name": key[1], "digest": layer.digest, "archived": layer.archived, **flags}
    return row if layer.metadata is None else {**row, "metadata": layer.metadata}


def _layer(item: Mapping[str, Any]) -> tuple[tuple[str, str], KeptLayer]:
    types = LayerTypes(launch=item["launch"] is True, build=item["build"] is True, cache=item["cache"] is True)
    kept = KeptLayer(
        digest=str(item["digest"]), types=types, metadata=item.get("metadata"), archived=item["archived"] is True
    )
    return (_plain(item["buildpack"]), _plain(item["name"])), kept


def _plain(name: Any) -> str:
    """A cache can be carried between machines: its names are no paths. Raises TypeError."""
    if not isinstance(name, str) or name in {"", ".", ".."} or "/" in name or "\0" in name:
        message = f"{name!r} is no name of a folder"
        raise TypeError(message)
    return name


def _store(state: Mapping[str, Any]) -> dict[str, Any]:
    return {_plain(item["buildpack"]): item["metadata"] for item in state.get("store", [])}
