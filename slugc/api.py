"""What `import slugc` offers: the words of the command line, as functions."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.events import Emit, silent
from slugc.host.clock import Clock, SystemClock
from slugc.host.home import Home
from slugc.model.build import BuildRequest, BuildResult, Detection, Isolation
from slugc.model.dyno import DEFAULT_SIZE, DynoSize
from slugc.model.finding import Finding
from slugc.model.release import ReleaseManifest

if TYPE_CHECKING:
    from slugc.cache import BuildCache


def build(
    request: BuildRequest, *, home: Home | None = None, clock: Clock | None = None, emit: Emit = silent
) -> BuildResult:
    """Build a slug. Raises SlugcError."""
    from slugc import pipeline

    return pipeline.build(
        request,
        home=home or Home.of_this_user(),
        clock=clock or SystemClock(),
        environ=os.environ,
        emit=emit,
    )


def why(request: BuildRequest, *, home: Home | None = None, clock: Clock | None = None) -> tuple[str, ...]:
    """Why `build` would run the buildpacks again; empty where it would not. Raises SlugcError."""
    from slugc import pipeline

    return pipeline.why(request, home=home or Home.of_this_user(), clock=clock or SystemClock(), environ=os.environ)


def run(
    reference: str,
    words: Sequence[str],
    *,
    config: Mapping[str, str] | None = None,
    type_name: str | None = None,
    size: DynoSize = DEFAULT_SIZE,
    stack: str | None = None,
    isolation: Isolation = Isolation.AUTO,
    home: Home | None = None,
    clock: Clock | None = None,
    emit: Emit = silent,
) -> int:
    """Run a command in a one-off dyno joined to this process's stdio, and return its exit code (128 + N for
    signal N). `reference`: a slug, a source or a release.json. Raises SlugcError."""
    from slugc import boot

    asking = boot.Asking(
        home=home or Home.of_this_user(),
        clock=clock or SystemClock(),
        environ=os.environ,
        emit=emit,
        stack=stack,
        isolation=isolation,
        config=config or {},
    )
    return boot.run(boot.find(reference, asking), words, asking, type_name=type_name, size=size)


def release(
    reference: str,
    out: Path,
    *,
    config: Mapping[str, str] | None = None,
    home: Home | None = None,
    clock: Clock | None = None,
    emit: Emit = silent,
) -> ReleaseManifest:
    """Write a release manifest, readable by its owner alone: config vars may be secrets. Raises SlugcError."""
    from slugc import boot

    asking = boot.Asking(
        home=home or Home.of_this_user(),
        clock=clock or SystemClock(),
        environ=os.environ,
        emit=emit,
        config=config or {},
    )
    return boot.write_release(boot.find(reference, asking), out, asking)


def doctor(*, home: Home | None = None) -> tuple[Finding, ...]:
    """What this machine offers, and what to install for more. Changes nothing and fetches nothing."""
    from slugc.sandbox import cgroups, choose
    from slugc.stack import machine

    walls = (choose.finding(), cgroups.finding())
    return machine.survey(home or Home.of_this_user(), environ=os.environ, given=walls)


def detect(
    sources: Sequence[str] = (".",),
    *,
    buildpacks: Sequence[str] = (),
    every: bool = False,
    request: BuildRequest | None = None,
    home: Home | None = None,
    clock: Clock | None = None,
) -> tuple[Detection, ...]:
    """The matrix of buildpacks by sources: what each bin/detect says of each source. With `buildpacks` (or a
    source that names its own) all must pass, else the first that does wins; `every` asks on after the decision.
    `request` brings the other options (stack, isolation, network). Raises SlugcError."""
    from slugc import pipeline

    options = request or BuildRequest(source=".")
    return tuple(
        pipeline.detect(
            replace(options, source=source, buildpacks=tuple(buildpacks)),
            every=every,
            home=home or Home.of_this_user(),
            clock=clock or SystemClock(),
            environ=os.environ,
        )
        for source in sources
    )


def export_cache(source: str, file: Path, *, app: str | None = None, home: Home | None = None) -> int:
    """Write the build cache of `source` (or of `app`, as `build` was told) to `file`, a .tar.zst to carry
    between CI runs; bytes written. Raises CacheUnknown."""
    return _cache(source, app, home).export(file)


def import_cache(source: str, file: Path, *, app: str | None = None, home: Home | None = None) -> int:
    """Replace the build cache of `source` by an exported one; bytes of content. Raises CacheArchiveRefused."""
    return _cache(source, app, home).import_(file)


def caches(*, home: Home | None = None) -> dict[str, int]:
    """Bytes of every build cache, by the app's name or its source's path."""
    from slugc.cache import known_apps

    return known_apps(home or Home.of_this_user())


def _cache(source: str, app: str | None, home: Home | None) -> "BuildCache":
    from slugc.cache import BuildCache
    from slugc.source import locate

    return BuildCache(home=home or Home.of_this_user(), app=app or str(locate(source).path))
