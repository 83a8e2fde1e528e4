"""A Python app, compiled: read this page from top to bottom."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slugc_buildpack import facts, transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.cache import DIGEST, Cache
from slugc_buildpack.problems import Problem
from slugc_buildpack.runtimes import install as runtimes
from slugc_buildpack.runtimes.contract import Installed
from slugc_python import (
    bytecode,
    checks,
    distributions,
    django,
    hooks,
    installs,
    managers,
    profile,
    relocate,
    requested,
    requirements,
    series,
)
from slugc_python.managers import Manager
from slugc_python.recipe import RECIPE, TARGET, site_packages
from slugc_python.requested import Request
from slugc_python.standalone import PREFIX

_CACHED = "python"
REVISION = "2"
"""Raise it when the same inputs give another tree."""


def compile_app(build: Build) -> dict[str, Any]:
    checks.source(build.app)
    hooks.run("pre_compile", build)
    manager = managers.choose(build.app)
    cache = Cache(build.cache / "python")
    old = cache.key(_CACHED) or {}
    request = requested.python(build.app, build.stack, last=old.get("Python version"))
    _announce(request, manager)
    python = _runtime(request, build, cache)
    chosen = installs.plan(manager, build.app)
    restored = _dependencies(chosen, manager, python, build, cache)
    packages = distributions.installed(build.app / TARGET)
    django.collect_static(build, packages)
    hooks.run("post_compile", build)
    _finish(build)
    return {
        "python_version": python.version,
        "python_source": python.source,
        "package_manager": manager.name,
        "cache_restored": restored,
        "packages": len(packages),
    }


def _announce(request: Request, manager: Manager) -> None:
    if request.origin:
        transcript.step(f"Using Python {request.spec.text} specified in {request.origin}")
    elif request.sticky:
        transcript.step(
            f"No Python version was specified. Using the same series as the last build: {request.spec.text}"
        )
    else:
        transcript.step(f"No Python version was specified. Using the default of this stack: {request.spec.text}")
    if request.origin is None:
        transcript.detail(f"To pin it, write {request.spec.text} to a file named .python-version.")
    if request.origin == "runtime.txt":
        transcript.warn(
            f"runtime.txt is deprecated\nDelete it and write {request.spec.text} to a file named .python-version."
        )
    named = ".".join(request.spec.text.split(".")[:2])
    if named in series.ENDED:
        transcript.warn(
            f"Python {named} has reached its end of life ({series.ENDED[named]})\n"
            f"It gets no security fixes. Move to {series.KNOWN[-2]} or another later one."
        )
    transcript.step(f"Using {manager.name} ({manager.file})")


def _runtime(request: Request, build: Build, cache: Cache) -> Installed:
    """From the sources; or the one of the last build, where no source can be reached and it still fits."""
    transcript.step("Looking for Python")
    note = build.cache / "python" / "runtime.json"
    try:
        python = runtimes.obtain(RECIPE, request.spec, build, wanted_by=request.origin)
    except Problem:
        kept = _kept_runtime(note, cache)
        if kept is None or not request.spec.admits(kept.version) or build.environ.get("SLUGC_RUNTIME_SOURCE"):
            raise
        transcript.detail(f"No source serves it now: keeping Python {kept.version} of the last build.")
        return kept
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({**asdict(python), "tree": str(python.tree)}), encoding="utf-8")
    return python


def _kept_runtime(note: Path, cache: Cache) -> Installed | None:
    try:
        fields = json.loads(note.read_text(encoding="utf-8"))
        kept = Installed(**{**fields, "tree": Path(fields["tree"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return kept if (cache.key(_CACHED) or {}).get("Python build") == kept.key else None


def _dependencies(chosen: installs.Plan, manager: Manager, python: Installed, build: Build, cache: Cache) -> bool:
    """.heroku/python with everything in it: out of the cache, or installed and then kept. True: out of the cache."""
    restored = _third_party(chosen, manager, python, build, cache)
    installs.install_own(chosen, manager, build)
    return restored


def _third_party(chosen: installs.Plan, manager: Manager, python: Installed, build: Build, cache: Cache) -> bool:
    key = {
        "Python version": python.version,
        "Python build": python.key,
        "stack": build.stack.identity,
        "package manager": manager.name,
        "buildpack's revision": REVISION,
        **_digests(chosen, manager, build.app),
    }
    tree = build.app / TARGET
    runtimes.note(RECIPE, python, build, TARGET)
    if chosen.local is None and cache.restore(_CACHED, key, tree):
        transcript.step(f"Using cached Python {python.version} and dependencies")
        build.facts.layers[str(site_packages(tree).relative_to(build.app))] = facts.DEPENDENCIES
        return True
    if chosen.local is not None:
        transcript.detail(f"Not using cached dependencies: {chosen.local}.")
    transcript.step(f"Installing Python {python.version}")
    runtimes.place(python, build, TARGET)
    packages = site_packages(tree)
    build.facts.layers[str(packages.relative_to(build.app))] = facts.DEPENDENCIES
    installs.install(chosen, manager, build)
    relocate.relocate(tree, packages, build.app)
    bytecode.compile_tree(tree / "bin/python3", [packages], root=tree, shown=PREFIX, build=build)
    if chosen.local is None:
        cache.save(_CACHED, key, tree)
    return False


def _digests(chosen: installs.Plan, manager: Manager, app: Path) -> dict[str, str]:
    if chosen.lines or manager.name == "pip":
        return {"requirements.txt": DIGEST + requirements.digest(app, chosen.lines)}
    return {name: DIGEST + trees.file_digest(app / name) for name in manager.inputs if (app / name).is_file()}


def _finish(build: Build) -> None:
    """After the app's own code ran: what it changed is compiled again, what it installed is made relocatable."""
    tree = build.app / TARGET
    packages = site_packages(tree)
    python = tree / "bin/python3"
    relocate.relocate(tree, packages, build.app)
    bytecode.compile_missing(python, packages, root=tree, shown=PREFIX, build=build)
    bytecode.compile_app(python, build)
    profile.write(build)
    profile.write_export(build)
