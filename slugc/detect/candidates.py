"""The buildpacks that are asked about an app."""

from collections.abc import Sequence
from pathlib import Path

from slugc.buildpack import builtin
from slugc.buildpack.cloudnative import builder, project
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

    def bring(reference: BuildpackReference) -> Buildpack:
        base = here if reference.origin == COMMAND_LINE else source
        return fetch(reference, base=base, home=home, network=network, emit=emit)

    by_id = [builder.asks_builder(reference) for reference in asked]
    wanted_builder = builder.needed(project.read(source), asked) if any(by_id) else None
    found = bring(wanted_builder) if wanted_builder is not None else None
    return tuple(
        (builder.member(reference, found) if found is not None and own else None) or bring(reference)
        for reference, own in zip(asked, by_id, strict=True)
    )
