"""What `import slugc` offers: the words of the command line, as functions."""

import os

from slugc.events import Emit, silent
from slugc.host.clock import Clock, SystemClock
from slugc.host.home import Home
from slugc.model.build import BuildRequest, BuildResult


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
