"""Running bin/compile (or bin/build) of every buildpack of the group."""

from collections.abc import Sequence
from dataclasses import dataclass

from slugc.buildpack import Driver, Exports, Facts, Workshop, driver
from slugc.buildpack.cloudnative.driver import CloudNative
from slugc.buildpack.cloudnative.place import arrange_for
from slugc.buildpack.cloudnative.session import Outcome, Session
from slugc.compile.owners import Layers, Ownership, layers
from slugc.events import BuildpackFinished, BuildpackStarted, Emit
from slugc.host.clock import Clock
from slugc.model.build import Detected
from slugc.model.cloudnative import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    facts: tuple[Facts, ...]
    """One per buildpack, in order."""
    layers: Layers
    cloud_native: Outcome | None = None
    """Launch layers, processes and labels of the Cloud Native members; None where there were none."""


def compile_app(group: Sequence[Detected], shop: Workshop, *, clock: Clock, emit: Emit) -> Compilation:
    """Each buildpack in order, its exports handed to those after it, and the makers of files kept in mind.

    Raises BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable; for Cloud Native ones also BuildOutputInvalid,
    DockerfileNeeded and GenerateFailed.
    """
    exports = Exports()
    found: list[Facts] = []
    ownership = Ownership(shop.app)
    ownership.begin()
    session = _session(group, shop)
    if session is not None:
        session.begin(emit=emit)
    for position, member in enumerate(group):
        if member.descriptor is not None and member.descriptor.kind is Kind.EXTENSION:
            found.append(Facts())
            continue
        buildpack, runner = member.buildpack, _driver(member, session)
        began = clock.monotonic()
        emit(BuildpackStarted(buildpack=buildpack.id, name=member.name, position=position + 1, total=len(group)))
        try:
            compiled = runner.compile(shop, exports, emit=emit)
        finally:
            runner.report(shop)
        exports = compiled.exports
        found.append(compiled.facts)
        ownership.settle(position)
        emit(BuildpackFinished(buildpack=buildpack.id, seconds=clock.monotonic() - began))
    ids = [member.buildpack.id for member in group]
    outcome = session.finish(emit=emit) if session is not None else Outcome()
    return Compilation(
        facts=tuple(found),
        layers=layers(
            ownership.owners,
            ids,
            [facts.layers for facts in found],
            launch=outcome.layers,
            slices=outcome.slices,
            paths=ownership.paths if outcome.slices else (),
        ),
        cloud_native=outcome if session is not None else None,
    )


def _session(group: Sequence[Detected], shop: Workshop) -> Session | None:
    """What the Cloud Native members share; None where there are none."""
    members = [member.descriptor for member in group if member.descriptor is not None]
    if not members:
        return None
    plan = next(member.plan for member in group if member.descriptor is not None)
    return Session(place=arrange_for(shop), members=members, plan=plan, strict=shop.strict)


def _driver(member: Detected, session: Session | None) -> Driver:
    if member.descriptor is None:
        return driver(member.buildpack)
    return CloudNative(buildpack=member.buildpack, descriptor=member.descriptor, session=session)
