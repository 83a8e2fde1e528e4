"""A Ruby app, compiled: read this page from top to bottom."""

from typing import Any

from slugc_buildpack import children, facts, transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.cache import Cache, Key
from slugc_buildpack.runtimes import install as runtimes
from slugc_buildpack.runtimes.contract import Installed
from slugc_ruby import assets, checks, complaints, installs, lockfile, processes, profile, recipe, requested
from slugc_ruby.lockfile import Lock
from slugc_ruby.requested import Request

_GEMS = "bundle"
_STAMP = ".slugc-lock"
REVISION = "1"
"""Raise it when the same inputs give other gems."""


def compile_app(build: Build) -> dict[str, Any]:
    lock = lockfile.read(build.app)
    cache = Cache(build.cache / "ruby")
    old = cache.key(_GEMS) or {}
    request = requested.ruby(build.app, lock, last=old.get("Ruby version"))
    checks.source(build, lock)
    ruby = _runtime(request, old.get("Ruby version"), build)
    base = {
        "Ruby version": ruby.version,
        "Ruby build": ruby.key,
        "stack": build.stack.identity,
        "buildpack's revision": REVISION,
    }
    restored = _dependencies(lock, build, cache, base)
    made = assets.precompile(build, lock, cache, base)
    profile.write(build, lock)
    profile.write_export(build)
    recipe.drop_headers(build.app / recipe.TARGET)
    web = processes.web(build.app, lock)
    checks.result(build.app, web)
    return {
        "ruby_version": ruby.version,
        "ruby_source": ruby.source,
        "bundler_version": installs.bundler_version(build),
        "gems": len(lock.gems),
        "rails": lock.gems.get("railties", ""),
        "assets": made,
        "cache_restored": restored,
    }


def _runtime(request: Request, last: str | None, build: Build) -> Installed:
    if request.origin:
        transcript.step(f"Using Ruby {request.spec.text} specified in {request.origin}")
    elif last:
        transcript.step(f"No Ruby version was specified. Using the same series as the last build: {request.spec.text}")
    else:
        transcript.step("No Ruby version was specified. Using the newest that a source serves")
    ruby = runtimes.install(recipe.RECIPE, request.spec, build, target=recipe.TARGET, wanted_by=request.origin)
    if request.origin is None:
        transcript.detail(f"To pin it, write to Gemfile: ruby '~> {ruby.version}'; and run: bundle lock")
    series = ".".join(ruby.version.split(".")[:2])
    if series in requested.ENDED and ruby.source != "apt":
        transcript.warn(
            f"Ruby {series} has reached its end of life ({requested.ENDED[series]})\n"
            "It gets no security fixes. Move to a later series."
        )
    return ruby


def _dependencies(lock: Lock, build: Build, cache: Cache, base: Key) -> bool:
    """vendor/bundle as Gemfile.lock says: the kept one as it is, or brought up to date. True: as it was."""
    version = installs.bundler_version(build)
    transcript.step(f"Installing gems with Bundler {version}")
    if lock.bundler and lock.bundler.partition(".")[0] != version.partition(".")[0]:
        transcript.detail(f"Gemfile.lock was made by Bundler {lock.bundler}; the one of this Ruby installs from it.")
    local = installs.vendored(build.app, lock)
    if local:
        transcript.detail(f"All gems are in {installs.CACHE}: no source is asked.")
    folder = build.app / installs.BUNDLE
    stamp = folder / _STAMP
    state = _state(build)
    restored = cache.restore(_GEMS, base, folder)
    same = restored and stamp.is_file() and stamp.read_text(encoding="utf-8") == state
    if same and not lock.local:
        transcript.step("Using cached gems")
    else:
        if restored and not same:
            transcript.detail("Gemfile or Gemfile.lock has changed: what is new comes, what is not used goes.")
        _install(build, local=local, again=restored)
        folder.mkdir(parents=True, exist_ok=True)
        stamp.write_text(state, encoding="utf-8")
        cache.save(_GEMS, base, folder)
    stamp.unlink(missing_ok=True)
    build.facts.layers[installs.BUNDLE] = facts.DEPENDENCIES
    return same


def _install(build: Build, *, local: bool, again: bool) -> None:
    try:
        installs.install(build, local=local)
        if again:
            installs.clean(build)
    except children.ChildFailed as failed:
        raise complaints.install_failed(failed) from failed
    installs.settle(build)


def _state(build: Build) -> str:
    """What decides over the gems: both files, and the groups that are left out."""
    digests = [trees.file_digest(build.app / name) for name in (lockfile.GEMFILE, lockfile.FILE)]
    return "\n".join([*digests, installs.environment(build)["BUNDLE_WITHOUT"]]) + "\n"
