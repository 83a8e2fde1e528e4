"""Running bin/compile (or bin/build) of every buildpack of the group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slugc.buildpack import Exports, Facts, Workshop, driver
from slugc.compile.owners import Layers, Ownership, layers
from slugc.events import BuildpackFinished, BuildpackStarted, Emit
from slugc.host.clock import Clock
from slugc.model.build import Detected


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    facts: tuple[Facts, ...]
    """One per buildpack, in order."""
    layers: Layers
    reports: Mapping[str, Mapping[str, Any]]
    """What bin/report said, by buildpack id."""


def compile_app(group: Sequence[Detected], shop: Workshop, *, clock: Clock, emit: Emit) -> Compilation:
    """Each buildpack in order, its exports handed to those after it, and the makers of files kept in mind.

    Raises BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable.
    """
    exports = Exports()
    found: list[Facts] = []
    reports: dict[str, Mapping[str, Any]] = {}
    ownership = Ownership(shop.app)
    ownership.begin()
    for position, member in enumerate(group):
        buildpack, runner = member.buildpack, driver(member.buildpack)
        began = clock.monotonic()
        emit(BuildpackStarted(buildpack=buildpack.id, name=member.name, position=position + 1, total=len(group)))
        try:
            compiled = runner.compile(shop, exports, emit=emit)
        finally:
            said = runner.report(shop)
            if said:
                reports[buildpack.id] = said
        exports = compiled.exports
        found.append(compiled.facts)
        ownership.settle(position)
        emit(BuildpackFinished(buildpack=buildpack.id, seconds=clock.monotonic() - began))
    ids = [member.buildpack.id for member in group]
    return Compilation(
        facts=tuple(found),
        layers=layers(ownership.owners, ids, [facts.layers for facts in found]),
        reports=reports,
    )
