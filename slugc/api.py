"""What `import slugc` offers: the words of the command line, as functions."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from slugc.events import Emit, silent
from slugc.host.clock import Clock, SystemClock
from slugc.host.home import Home
from slugc.model.build import BuildRequest, BuildResult, Isolation
from slugc.model.dyno import DEFAULT_SIZE, DynoSize
from slugc.model.finding import Finding
from slugc.model.release import ReleaseManifest


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
