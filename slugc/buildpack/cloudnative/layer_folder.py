"""A layer's folder as its bin/build left it, read without ever leaving the layers."""

import stat
from pathlib import Path

from slugc.buildpack.cloudnative.environment import LAYERS
from slugc.buildpack.cloudnative.modifications import BUILD_FOLDERS, LayerEnvironment
from slugc.host import inside
from slugc.model import variable

ENV_FOLDERS = ("env", "env.build", "env.launch")
VALUE_LIMIT = variable.LIMIT
"""A file that is as long as this has more than is read of it; no program could be started with it."""


def names(layers: Path, buildpack: str) -> list[str]:
    """Layer folders of one buildpack (`<layers>/<escaped id>`), sorted; set-aside ones are none."""
    root = layers / buildpack
    if not inside.real_folder(layers, buildpack):
        return []
    found = (item.name for item in root.iterdir() if stat.S_ISDIR(item.lstat().st_mode))
    return sorted(name for name in found if not name.endswith(".ignore"))


def environment(layers: Path, buildpack: str, layer: str) -> LayerEnvironment:
    """What one layer says about the environment. Env files that are links out of the layers are left out."""
    root = layers / buildpack / layer
    files: dict[str, dict[str, str]] = {}
    for folder in ENV_FOLDERS:
        files |= _files(layers, f"{buildpack}/{layer}", folder)
    return LayerEnvironment(
        path=f"{LAYERS}/{buildpack}/{layer}",
        folders=frozenset(name for name in BUILD_FOLDERS if _is_folder(layers, root / name)),
        files=files,
    )


def files(layers: Path, buildpack: str, layer: str, folder: str) -> list[str]:
    """The files of one folder of a layer (`exec.d`, `profile.d/web`), sorted; paths inside."""
    place = layers / buildpack / layer / folder
    if not place.is_dir():
        return []
    names = sorted(item.name for item in place.iterdir() if not stat.S_ISDIR(item.lstat().st_mode))
    return [f"{LAYERS}/{buildpack}/{layer}/{folder}/{name}" for name in names]


def _files(layers: Path, layer: str, folder: str) -> dict[str, dict[str, str]]:
    """One env folder, and the folders of process types inside env.launch."""
    path = f"{layer}/{folder}"
    if not inside.real_folder(layers, path):
        return {}
    own: dict[str, str] = {}
    found = {folder: own}
    for item in sorted((layers / path).iterdir()):
        if stat.S_ISDIR(item.lstat().st_mode):
            if folder == "env.launch":
                found |= _files(layers, layer, f"{folder}/{item.name}")
            continue
        data = inside.read(layers, f"{path}/{item.name}", limit=VALUE_LIMIT, at=LAYERS)
        if data is not None and b"\0" not in data:
            own[item.name] = data.decode("utf-8", "surrogateescape")
    return found


def _is_folder(layers: Path, path: Path) -> bool:
    """A folder, or a link to one: `bin -> /layers/x/y/real/bin` is common. Only asked, never read."""
    for _ in range(inside.HOPS):
        if not path.is_symlink():
            return path.is_dir()
        target = path.readlink()
        outside = str(target).startswith("/") and not target.is_relative_to(LAYERS)
        if outside:
            return target.is_dir()
        path = layers / target.relative_to(LAYERS) if target.is_absolute() else path.parent / target
    return False
