"""How each package manager installs exactly what its lock file says, and how it drops what only the build needed."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack import children, trees
from slugc_buildpack.build import Build
from slugc_node.managers import Manager
from slugc_node.recipe import TARGET

REGISTRY_VARIABLES = (
    *("npm_config_registry", "NPM_CONFIG_REGISTRY", "YARN_REGISTRY", "YARN_NPM_REGISTRY_SERVER"),
    *("npm_config_cafile", "NPM_CONFIG_CAFILE", "NPM_CONFIG_USERCONFIG"),
)
CONFIGURATION = (".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "pnpm-workspace.yaml")
"""Files beside the lock file that change what an installation gives."""
PNP = ".pnp.cjs"
"""Yarn's map of the packages, with plug'n'play: there is no node_modules then."""
ARCHIVES = ".yarn/cache"
# `pnpm prune` looks at the root package only. Compiled packages stay as they are: they come from the store.
_PRUNE_PNPM_WORKSPACE = (
    *("pnpm", "install", "--prod", "--frozen-lockfile", "--offline", "--ignore-scripts"),
    "--config.modules-cache-max-age=0",
)


@dataclass(frozen=True, slots=True)
class Commands:
    install: tuple[str, ...]
    prune: tuple[str, ...]
    unlocked: tuple[str, ...]
    """`install` where the app has no lock file."""


COMMANDS = {
    "npm": Commands(
        install=("npm", "ci", "--include=dev"),
        prune=("npm", "prune", "--omit=dev", "--ignore-scripts"),
        unlocked=("npm", "install", "--include=dev", "--no-package-lock"),
    ),
    "yarn": Commands(
        install=("yarn", "install", "--frozen-lockfile", "--production=false", "--non-interactive", "--no-progress"),
        prune=("yarn", "install", "--production=true", "--frozen-lockfile", "--ignore-scripts", "--prefer-offline"),
        unlocked=("yarn", "install", "--production=false", "--non-interactive", "--no-lockfile", "--no-progress"),
    ),
    "berry": Commands(
        install=("yarn", "install", "--immutable"),
        prune=("yarn", "workspaces", "focus", "--all", "--production"),
        unlocked=("yarn", "install", "--no-immutable"),
    ),
    "pnpm": Commands(
        install=("pnpm", "install", "--frozen-lockfile", "--prod=false"),
        prune=("pnpm", "prune", "--prod", "--ignore-scripts"),
        unlocked=("pnpm", "install", "--no-frozen-lockfile", "--prod=false"),
    ),
}


def environment(build: Build) -> dict[str, str]:
    """For the package manager and the app's scripts: quiet, its caches in ours, Node's headers from the slug.

    Config vars are in it: a private registry's token in .npmrc is written as ${NPM_TOKEN}.
    """
    cache = build.cache / "node"
    given = {name: build.environ[name] for name in REGISTRY_VARIABLES if build.environ.get(name)}
    registry = given.get("npm_config_registry") or given.get("NPM_CONFIG_REGISTRY")
    if registry:  # who names a registry for npm means it for yarn as well
        given.setdefault("YARN_REGISTRY", registry)
        given.setdefault("YARN_NPM_REGISTRY_SERVER", registry)
    quiet = {
        "NO_UPDATE_NOTIFIER": "1",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_progress": "false",
        "npm_config_update_notifier": "false",
        "npm_config_yes": "true",
        "NEXT_TELEMETRY_DISABLED": "1",
        "YARN_ENABLE_TELEMETRY": "0",
        "YARN_ENABLE_PROGRESS_BARS": "0",
        "YARN_ENABLE_COLORS": "0",
        "YARN_NODE_LINKER": "node-modules",
        "COREPACK_ENABLE": "0",
        "CI": "true",
    }
    linker = own_linker(build.app)
    if linker:
        quiet["YARN_NODE_LINKER"] = linker
    caches = {
        "npm_config_cache": str(cache / "npm"),
        "npm_config_store_dir": str(cache / "pnpm"),
        "YARN_CACHE_FOLDER": str(cache / "yarn"),
        "YARN_ENABLE_GLOBAL_CACHE": "false",
        "npm_config_nodedir": str(build.app / TARGET),
        "npm_config_package_manager_strict": "false",
        "npm_config_manage_package_manager_versions": "false",
    }
    if archives(build.app) is not None:
        del caches["YARN_CACHE_FOLDER"]
    path = os.pathsep.join([str(build.app / TARGET / "bin"), str(build.app / "node_modules/.bin")])
    base = build.child_env({**quiet, **caches, **given})
    env = build.config.for_child(base)
    env["PATH"] = path + os.pathsep + base["PATH"]
    env.setdefault("NODE_ENV", "production")
    return env


def own_linker(app: Path) -> str:
    """How Yarn 2 and later lays out the packages of this app; empty where the app leaves it open."""
    settings = app / ".yarnrc.yml"
    match = re.search(r"^nodeLinker:\s*[\"']?([\w-]+)", _text(settings) if settings.is_file() else "", re.MULTILINE)
    if match:
        return match[1]
    return "pnp" if (app / PNP).is_file() else ""


def archives(app: Path) -> Path | None:
    """Yarn's archives, where they belong to the app: with plug'n'play it runs from them, and some commit them."""
    folder = app / ARCHIVES
    return folder if own_linker(app) == "pnp" or folder.is_dir() else None


def install(manager: Manager, build: Build) -> None:
    """Raises ChildFailed."""
    commands = COMMANDS[manager.name]
    children.run(commands.install if manager.lock else commands.unlocked, env=environment(build), cwd=build.app)
    settle(build.app)


def prune(manager: Manager, build: Build, *, workspaces: bool) -> None:
    """Drop devDependencies. Raises ChildFailed."""
    argv = _PRUNE_PNPM_WORKSPACE if workspaces and manager.name == "pnpm" else COMMANDS[manager.name].prune
    children.run(argv, env=environment(build), cwd=build.app, quiet=True)
    settle(build.app)
    if manager.name == "berry" and (build.app / PNP).is_file():
        _drop_unused_archives(build.app)


def _drop_unused_archives(app: Path) -> None:
    """Yarn takes pruned packages out of its map, and leaves their archives."""
    named = "".join(_text(app / name) for name in (PNP, ".pnp.data.json") if (app / name).is_file())
    for archive in sorted((app / ARCHIVES).glob("*.zip")):
        if archive.name not in named:
            archive.unlink()


def settle(app: Path) -> None:
    """Take the clock and this machine's paths out of the package managers' own notes in node_modules.

    pnpm writes when it last looked and where its store is; both differ from build to build, and pnpm makes them
    anew when they are not there.
    """
    modules = app / "node_modules"
    (modules / ".pnpm-workspace-state.json").unlink(missing_ok=True)
    (modules / ".pnpm-workspace-state-v1.json").unlink(missing_ok=True)
    trees.remove(modules / ".cache/node-compile-cache")
    notes = modules / ".modules.yaml"  # JSON, since pnpm 7
    if not notes.is_file():
        return
    try:
        document = json.loads(notes.read_text(encoding="utf-8"))
    except ValueError:
        notes.unlink()
        return
    for field in ("prunedAt", "storeDir"):
        document.pop(field, None)
    notes.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
