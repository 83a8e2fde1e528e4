"""PURE: environment modification rules of layers (specification: buildpack.md, "Environment").

Files named `NAME.SUFFIX` change the variable NAME; their bytes count as they are. Folders of a layer change the
path variables. All functions give a new mapping.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Environment = Mapping[str, str]


class Action(StrEnum):
    OVERRIDE = "override"
    DEFAULT = "default"
    APPEND = "append"
    PREPEND = "prepend"


LAUNCH_FOLDERS: Mapping[str, tuple[str, ...]] = {"bin": ("PATH",), "lib": ("LD_LIBRARY_PATH",)}
BUILD_FOLDERS: Mapping[str, tuple[str, ...]] = {
    "bin": ("PATH",),
    "lib": ("LD_LIBRARY_PATH", "LIBRARY_PATH"),
    "include": ("CPATH",),
    "pkgconfig": ("PKG_CONFIG_PATH",),
}
PATH_VARIABLES = frozenset(name for names in BUILD_FOLDERS.values() for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerEnvironment:
    """What one layer's folder says: names of its standard folders that are there, and its env files by folder.

    A folder key is relative to the layer: `env`, `env.build`, `env.launch`, `env.launch/web`.
    """

    path: str
    """The layer's absolute path as the child sees it."""
    folders: frozenset[str] = frozenset()
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def apply_files(
    env: Environment,
    files: Mapping[str, str],
    *,
    unsuffixed: Action = Action.OVERRIDE,
    delimiters: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """One folder of env files over `env`. A `.delim` speaks for its own folder; an unknown suffix for nothing.

    `unsuffixed` is what a name without a suffix means: override in a layer, default in an operator's folder.
    `delimiters`: files of other folders, whose `.delim` speak here too.
    """
    changed = dict(env)
    for file in sorted(files):
        name, dot, suffix = file.partition(".")
        action = suffix if dot else unsuffixed.value
        if not name or "=" in name or action not in set(Action):
            continue
        value, old = files[file], changed.get(name, "")
        elsewhere = (delimiters or {}).get(f"{name}.delim", "")
        delimiter = files.get(f"{name}.delim", elsewhere) if old else ""
        match Action(action):
            case Action.OVERRIDE:
                changed[name] = value
            case Action.DEFAULT:
                changed[name] = old or value
            case Action.APPEND:
                changed[name] = old + delimiter + value
            case Action.PREPEND:
                changed[name] = value + delimiter + old
    return changed


def apply_folders(env: Environment, layer: LayerEnvironment, table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The layer's bin, lib... in front of the path variables."""
    changed = dict(env)
    for folder, names in table.items():
        if folder in layer.folders:
            for name in names:
                changed[name] = joined(f"{layer.path}/{folder}", changed.get(name, ""))
    return changed


def apply_platform(env: Environment, files: Mapping[str, str]) -> dict[str, str]:
    """`<platform>/env`: what the user set. Path variables are prepended, others replaced."""
    changed = dict(env)
    for name in sorted(files):
        changed[name] = joined(files[name], changed.get(name, "")) if name in PATH_VARIABLES else files[name]
    return changed


def for_build(env: Environment, layers: Iterable[LayerEnvironment], *, strict: bool = False) -> dict[str, str]:
    """One buildpack's build layers over `env`, for the buildpacks after it. `layers` in alphabetical order.

    Each layer goes in front of the ones before it, so the last one comes first in PATH: so do the reference
    lifecycle and the buildpacks that rely on it. `strict` has them ascending, as the specification's text says.
    """
    changed = dict(env)
    ordered = list(layers)
    if strict:
        for layer in reversed(ordered):
            changed = apply_folders(changed, layer, BUILD_FOLDERS)
    for layer in ordered:
        if not strict:
            changed = apply_folders(changed, layer, BUILD_FOLDERS)
        changed = _apply_layer(changed, layer, ("env", "env.build"), strict=strict)
    return changed


def for_launch(
    env: Environment, buildpacks: Iterable[Iterable[LayerEnvironment]], process: str | None, *, strict: bool = False
) -> dict[str, str]:
    """All buildpacks' launch layers over `env`, in group order; layers of each in alphabetical order.

    Of one buildpack all standard folders come first and then all env files: not the order of the build phase,
    and what the reference launcher does.
    """
    changed = dict(env)
    folders = ["env", "env.launch", *([f"env.launch/{process}"] if process else [])]
    for layers in buildpacks:
        ordered = list(layers)
        for layer in reversed(ordered) if strict else ordered:
            changed = apply_folders(changed, layer, LAUNCH_FOLDERS)
        for layer in ordered:
            changed = _apply_layer(changed, layer, folders, strict=strict)
    return changed


def _apply_layer(env: Environment, layer: LayerEnvironment, folders: Sequence[str], *, strict: bool) -> dict[str, str]:
    """The env folders of one layer in turn. Strictly, a `.delim` speaks for the whole layer."""
    changed = dict(env)
    found = [layer.files.get(folder, {}) for folder in folders]
    delimiters = {name: text for files in found for name, text in files.items()} if strict else {}
    for files in found:
        changed = apply_files(changed, files, delimiters=delimiters)
    return changed


def joined(first: str, rest: str) -> str:
    """Two path lists as one."""
    return f"{first}:{rest}" if rest else first
