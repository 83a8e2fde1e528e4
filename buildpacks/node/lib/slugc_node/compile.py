"""A Node.js app, compiled: read this page from top to bottom."""

from pathlib import Path
from typing import Any

from slugc_buildpack import children, facts, transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.cache import DIGEST, Cache, Key
from slugc_buildpack.runtimes import install as runtimes
from slugc_buildpack.runtimes.contract import Installed
from slugc_node import checks, complaints, installs, managers, manifest, processes, profile, recipe, requested
from slugc_node.managers import Manager
from slugc_node.manifest import Manifest
from slugc_node.requested import Request

_MODULES = "modules"
_ARCHIVES = "archives"
_PROGRAMS = "node_modules/.bin"
REVISION = "1"
"""Raise it when the same inputs give other modules."""


def compile_app(build: Build) -> dict[str, Any]:
    declared = manifest.read(build.app)
    manager = managers.choose(build.app, declared)
    request = requested.node(build.app, declared)
    checks.source(build.app, declared, manager)
    node, tool = _runtime(request, manager, build)
    cache = Cache(build.cache / "node")
    base = {"Node.js version": node.version, "Node.js build": node.key, "stack": build.stack.identity}
    _script("heroku-prebuild", declared, build)
    restored = _dependencies(declared, manager, build, cache, {**base, f"{manager.title} version": tool.version})
    kept = _build(declared, build, cache, base)
    programs = _names(build.app / _PROGRAMS)
    _prune(declared, manager, build)
    _script("heroku-cleanup", declared, build)
    if manager.name == "berry" and installs.archives(build.app) is not None:
        build.facts.layers[installs.ARCHIVES] = facts.DEPENDENCIES
    if (build.app / "node_modules").is_dir():
        build.facts.layers["node_modules"] = facts.DEPENDENCIES
    recipe.drop_headers(build)
    profile.write(build)
    profile.write_export(build)
    pruned = programs - _names(build.app / _PROGRAMS)
    checks.result(build.app, processes.web(build.app, declared), declared, pruned)
    return {
        "node_version": node.version,
        "node_source": node.source,
        "package_manager": manager.name,
        "package_manager_version": tool.version,
        "cache_restored": restored,
        "cache_directories": kept,
    }


def _runtime(request: Request, manager: Manager, build: Build) -> tuple[Installed, Installed]:
    if request.origin:
        transcript.step(f"Using Node.js {request.spec.text} specified in {request.origin}")
    else:
        transcript.step(f"No Node.js version was specified. Using the default: {request.spec.text}")
        transcript.detail(f'To pin it, write "engines": {{"node": "{request.spec.text}"}} to package.json.')
    node = runtimes.obtain(recipe.NODE, request.spec, build, wanted_by=request.origin)
    recipe.place_node(node, build)
    runtimes.note(recipe.NODE, node, build, recipe.TARGET)
    over = requested.ended(node.version)
    if over:
        transcript.warn(
            f"Node.js {node.version} has reached its end of life ({over})\n"
            f"It gets no security fixes. Move to {requested.DEFAULT}."
        )
    transcript.step(f"Using {manager.title} {manager.version.text} ({manager.wanted_by})")
    found = recipe.manager_recipe(manager)
    tool = runtimes.obtain(found, manager.version, build, wanted_by=manifest.FILE)
    recipe.place_manager(manager, tool, build)
    runtimes.note(found, tool, build, recipe.TARGET)
    return node, tool


def _dependencies(declared: Manifest, manager: Manager, build: Build, cache: Cache, base: Key) -> bool:
    """node_modules, devDependencies included: out of the cache, or installed and then kept."""
    key = {**base, "buildpack's revision": REVISION, **_digests(manager, build)}
    wanted = build.config.get("NODE_MODULES_CACHE", "true") != "false"
    modules = build.app / "node_modules"
    whole = wanted and declared.plain and manager.lock is not None and not (build.app / ".yarn").is_dir()
    if whole and cache.restore(_MODULES, key, modules):
        transcript.step("Using cached node_modules")
        return True
    archives = _archives(manager, build, cache)
    before = _names(archives)
    transcript.step(f"Installing dependencies with {manager.title}")
    try:
        installs.install(manager, build)
    except children.ChildFailed as failed:
        raise complaints.install_failed(manager, failed) from failed
    if whole and modules.is_dir():
        cache.save(_MODULES, key, modules)
    if archives is not None and _names(archives) != before:
        cache.save(_ARCHIVES, {"folder": installs.ARCHIVES}, archives)
    return False


def _archives(manager: Manager, build: Build, cache: Cache) -> Path | None:
    """The folder of Yarn's archives, those of the last build in it. None where there is none, or where it came with
    the source: it is kept there."""
    folder = installs.archives(build.app) if manager.name == "berry" else None
    if folder is None or folder.is_dir():
        return None
    cache.restore(_ARCHIVES, {"folder": installs.ARCHIVES}, folder)
    return folder


def _names(folder: Path | None) -> set[str]:
    return {path.name for path in folder.glob("*")} if folder else set()


def _digests(manager: Manager, build: Build) -> dict[str, str]:
    names = [manifest.FILE, *([manager.lock] if manager.lock else []), *installs.CONFIGURATION]
    return {name: DIGEST + trees.file_digest(build.app / name) for name in names if (build.app / name).is_file()}


def _build(declared: Manifest, build: Build, cache: Cache, base: Key) -> list[str]:
    """The app's own build, with the folders it asked to keep from the last one."""
    script = next((name for name in ("heroku-postbuild", "build") if name in declared.scripts), None)
    if script is None:
        return []
    folders = [name for name in declared.cache_directories if name != "node_modules"]
    if "next" in declared.dependencies and ".next/cache" not in folders:
        folders.append(".next/cache")
    kept = {name: f"build-{number}" for number, name in enumerate(folders)}
    for folder, name in kept.items():
        cache.restore(name, {**base, "folder": folder}, build.app / folder)
    _script(script, declared, build)
    for folder, name in kept.items():
        if (build.app / folder).is_dir():
            cache.save(name, {**base, "folder": folder}, build.app / folder)
    if ".next/cache" in folders:
        trees.remove(build.app / ".next/cache")  # of use to the next build only, and never twice the same
    return folders


def _script(name: str, declared: Manifest, build: Build) -> None:
    if name not in declared.scripts:
        return
    transcript.step(f"Running {name}")
    transcript.detail(f"> {declared.scripts[name]}")
    manager = managers.choose(build.app, declared)
    # Yarn 2 and later cannot run a script before its first install; the shell does what they would.
    argv = ("sh", "-c", declared.scripts[name]) if name == "heroku-prebuild" else (manager.command, "run", name)
    try:
        children.run(argv, env=installs.environment(build), cwd=build.app)
    except children.ChildFailed as failed:
        raise complaints.script_failed(name, failed) from failed


def _prune(declared: Manifest, manager: Manager, build: Build) -> None:
    env = installs.environment(build)
    keeps = env["NODE_ENV"] != "production" or "false" in {env.get("NPM_CONFIG_PRODUCTION"), env.get("YARN_PRODUCTION")}
    if keeps or not any((build.app / name).exists() for name in ("node_modules", installs.PNP)):
        transcript.detail("Keeping devDependencies.")
        return
    if not declared.has_dev:
        return
    transcript.step("Pruning devDependencies")
    try:
        installs.prune(manager, build, workspaces=declared.workspaces)
    except children.ChildFailed as failed:
        raise complaints.install_failed(manager, failed) from failed
