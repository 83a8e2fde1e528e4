"""PURE: the walk through an order (specification: buildpack.md, "Order Resolution").

Nested orders are expanded depth first; the first group that holds wins. What runs is somebody else's affair:
`run` is given the members of a flat group and answers with what each bin/detect said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from slugc.detect.plan import Member, Trial, resolve_plan
from slugc.model.cloudnative import (
    ERROR,
    FAIL,
    PASS,
    Descriptor,
    DetectRun,
    Element,
    Group,
    Kind,
    Order,
    OrderEntry,
    PlanEntry,
)


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    SKIP = "skip"
    ERROR = "err"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTried:
    element: Element
    run: DetectRun
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTried:
    """One flat group: who was in it, what each said, and the trials that were made."""

    members: tuple[MemberTried, ...]
    trials: tuple[Trial, ...] = ()
    problem: str | None = None
    """Why this group does not hold; None for the one that does."""
    errored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The end of a walk. No members: no group held."""

    members: tuple[Element, ...] = ()
    entries: tuple[PlanEntry, ...] = ()
    tried: tuple[GroupTried, ...] = ()
    errored: bool = False
    """A group was lost to an error (platform exit code 21), not only to refusals (20)."""


class UnknownMember(LookupError):
    """An order names a buildpack that is not there."""

    def __init__(self, entry: OrderEntry) -> None:
        super().__init__(entry.reference)
        self.entry = entry


Lookup = Callable[[OrderEntry], Descriptor | None]
Run = Callable[[Sequence[Element]], Mapping[str, DetectRun]]
"""Run the bin/detect of these elements, each at most once in a whole walk, and answer by `kind:key`."""
Mismatch = Callable[[Descriptor], str | None]


def loop(order: Order, lookup: Lookup) -> tuple[str, ...]:
    """A composite that holds itself, with those between: it could be expanded without end. Empty: there is none."""
    sound: set[str] = set()

    def below(groups: Order, above: tuple[str, ...]) -> tuple[str, ...]:
        for entry in (entry for group in groups for entry in group):
            found = lookup(entry)
            if found is None or not found.order or found.key in sound:
                continue
            if found.key in above:
                return (*above[above.index(found.key) :], found.key)
            chain = below(found.order, (*above, found.key))
            if chain:
                return chain
            sound.add(found.key)
        return ()

    return below(order, ())


def run_key(element: Element) -> str:
    return f"{element.kind}:{element.key}"


@dataclass(slots=True)
class Walk:
    """One walk through one order; mutable only in what it has seen."""

    lookup: Lookup
    run: Run
    mismatch: Mismatch = lambda _descriptor: None
    """Why a buildpack's targets do not fit this machine, or None."""
    excluded: Callable[[Descriptor], bool] = lambda _descriptor: False
    """True: left out because of its execution environments, even where it is required."""
    strict: bool = False
    tried: list[GroupTried] = field(default_factory=list)
    _refused: dict[str, DetectRun] = field(default_factory=dict)

    def resolve(self, order: Order, extensions: Order = ()) -> Resolution:
        """Raises UnknownMember."""
        found = self._order(order, (), (), extensions=extensions, optional=False)
        return replace(found, tried=tuple(self.tried))

    def _order(
        self, order: Order, done: tuple[Element, ...], following: Group, *, extensions: Order = (), optional: bool
    ) -> Resolution:
        errored = False
        for group in order:
            found = self._with_extensions((*group, *following), done, extensions)
            if found.members:
                return found
            errored = errored or found.errored
        if optional:
            return self._group(following, done)
        return Resolution(errored=errored)

    def _with_extensions(self, group: Group, done: tuple[Element, ...], extensions: Order) -> Resolution:
        """Every group is tried behind each group of extensions, and at last without any."""
        if extensions:
            return self._order(extensions, done, group, optional=True)
        return self._group(group, done)

    def _group(self, entries: Group, done: tuple[Element, ...]) -> Resolution:
        for n, entry in enumerate(entries):
            if any(e.kind is entry.kind and e.id == entry.id for e in done):
                continue  # the version does not matter: one buildpack takes part once
            descriptor = self.lookup(entry)
            if descriptor is None:
                raise UnknownMember(entry)
            if descriptor.order:
                return self._order(descriptor.order, done, entries[n + 1 :], optional=entry.optional)
            if self.excluded(descriptor):
                continue
            element = Element(
                id=descriptor.id, version=descriptor.version, optional=entry.optional, kind=descriptor.kind
            )
            self._note_mismatch(descriptor, element)
            done = (*done, element)
        return self._settle(done)

    def _note_mismatch(self, descriptor: Descriptor, element: Element) -> None:
        # The reference lifecycle still runs an optional buildpack whose targets do not fit.
        reason = None if element.optional and not self.strict else self.mismatch(descriptor)
        if reason is None:
            return
        self._refused[run_key(element)] = DetectRun(code=FAIL if element.optional else ERROR, problem=reason)

    def _settle(self, done: tuple[Element, ...]) -> Resolution:
        runs = {**self.run([e for e in done if run_key(e) not in self._refused]), **self._refused}
        members = tuple(_judged(element, runs[run_key(element)]) for element in done)
        lost = [m for m in members if m.verdict in {Verdict.FAIL, Verdict.ERROR} and not m.element.optional]
        errored = any(m.run.code not in {PASS, FAIL} for m in members)
        if lost:
            return self._lost(members, _why_lost(lost), errored=errored)
        passed = [Member(element=m.element, plan=m.run.plan) for m in members if m.verdict is Verdict.PASS]
        if not any(m.element.kind is Kind.BUILDPACK for m in passed):
            return self._lost(members, "no viable buildpacks in group", errored=False)
        outcome = resolve_plan(passed)
        if not outcome.members:
            self.tried.append(
                GroupTried(members=members, trials=outcome.trials, problem=outcome.trials[-1].problem, errored=False)
            )
            return Resolution()
        self.tried.append(GroupTried(members=members, trials=outcome.trials))
        return Resolution(members=outcome.members, entries=outcome.entries)

    def _lost(self, members: tuple[MemberTried, ...], problem: str, *, errored: bool) -> Resolution:
        self.tried.append(GroupTried(members=members, problem=problem, errored=errored))
        return Resolution(errored=errored)


def _judged(element: Element, run: DetectRun) -> MemberTried:
    if run.code == PASS:
        verdict = Verdict.PASS
    elif run.code == FAIL:
        verdict = Verdict.SKIP if element.optional else Verdict.FAIL
    else:
        verdict = Verdict.ERROR
    return MemberTried(element=element, run=run, verdict=verdict)


def _why_lost(lost: Sequence[MemberTried]) -> str:
    return "; ".join(
        f"{m.element.key} failed" if m.run.code == FAIL else f"{m.element.key}: {m.run.problem or f'exit {m.run.code}'}"
        for m in lost
    )
