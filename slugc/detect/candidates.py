"""The buildpacks that are asked about an app."""

from collections.abc import Sequence
from pathlib import Path

from slugc.buildpack import builtin
from slugc.buildpack.fetching import fetch
from slugc.buildpack.wanted import COMMAND_LINE
from slugc.events import Emit
from slugc.host.home import Home
from slugc.model.buildpack import Buildpack, BuildpackReference


def candidates(
    references: Sequence[BuildpackReference], *, source: Path, home: Home, network: bool, emit: Emit
) -> tuple[Buildpack, ...]:
    """The buildpacks to ask, in order: those that somebody named, else all built-in ones. Relative paths count from
    the current folder where they stand on the command line, else from the source. Raises what `fetch` does."""
    asked = references or [BuildpackReference(text=name, origin="built-in order") for name in builtin.available()]
    here = Path.cwd()
    return tuple(
        fetch(
            reference,
            base=here if reference.origin == COMMAND_LINE else source,
            home=home,
            network=network,
            emit=emit,
        )
        for reference in asked
    )
