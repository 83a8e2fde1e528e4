"""The buildpacks that are asked about an app."""

from collections.abc import Callable, Sequence
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

    def bring(reference: BuildpackReference) -> Buildpack:
        base = here if reference.origin == COMMAND_LINE else source
        return fetch(reference, base=base, home=home, network=network, emit=emit)

    by_id = [_names_by_id(reference) for reference in asked]
    found = _builder(asked, source, bring) if any(by_id) else None
    if found is None:
        return tuple(bring(reference) for reference in asked)
    from slugc.buildpack.cloudnative.builder import asks_builder, member

    return tuple((member(r, found) if asks_builder(r) else None) or bring(r) for r in asked)


def _names_by_id(reference: BuildpackReference) -> bool:
    """True where only a builder can say more: the rest of the module is not even loaded otherwise."""
    return reference.id is not None or reference.text.startswith(("from=builder", "urn:cnb:builder:"))


def _builder(
    asked: Sequence[BuildpackReference], source: Path, bring: Callable[[BuildpackReference], Buildpack]
) -> Buildpack | None:
    from slugc.buildpack.cloudnative import builder, project

    wanted = builder.needed(project.read(source), asked)
    return bring(wanted) if wanted is not None else None
