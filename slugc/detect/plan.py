"""PURE: which members of a group can work together. Build plan trials (specification: buildpack.md, "Phase #1").

Each member of a group may offer several plans (its own, then each `or`). Trials are all combinations, the first
member's choice changing slowest; the first trial that holds wins.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from slugc.model.cloudnative import BuildPlan, Element, PlanEntry, PlanSections, Require

SHOWN = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An element whose bin/detect passed, and the plan it wrote."""

    element: Element
    plan: BuildPlan = field(default_factory=BuildPlan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One combination: who was left out and why, and what broke it, if anything did."""

    dropped: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOutcome:
    members: tuple[Element, ...] = ()
    """Empty: no trial held."""
    entries: tuple[PlanEntry, ...] = ()
    trials: tuple[Trial, ...] = ()
    """The trials that were made, in order; the last one holds where there are members."""


@dataclass(frozen=True, slots=True)
class _Option:
    element: Element
    sections: PlanSections
    optional: bool


@dataclass(slots=True)
class _Dependency:
    providers: list[Element] = field(default_factory=list)
    requires: list[Require] = field(default_factory=list)
    early: list[_Option] = field(default_factory=list)
    extra: list[_Option] = field(default_factory=list)


def resolve_plan(members: Sequence[Member], *, shown: int = SHOWN) -> PlanOutcome:
    """Try the combinations in their order. No member at all: no trial, and nothing holds.

    Where there are more than `shown` combinations, those are passed over that can be told to fail without a trial; of
    the trials the first `shown` are kept, and the last.
    """
    trials: list[Trial] = []
    for options in _combinations(members, shown):
        trial, left, dependencies = _run(options)
        trials[shown:] = [trial]
        if trial.problem is None:
            return PlanOutcome(
                members=tuple(option.element for option in left),
                entries=tuple(
                    PlanEntry(name=name, providers=tuple(d.providers), requires=tuple(d.requires))
                    for name, d in dependencies.items()
                ),
                trials=tuple(trials),
            )
    return PlanOutcome(trials=tuple(trials))


def _combinations(members: Sequence[Member], shown: int) -> Iterator[list[_Option]]:
    if not members:
        return
    choices = [_options(member) for member in members]
    if math.prod(len(options) for options in choices) > shown:
        left = _possible(choices)
        # One trial at least, so that there is a reason to show.
        choices = left if all(left) else [options[:1] for options in choices]
    for combination in itertools.product(*choices):
        yield list(combination)


def _possible(choices: list[list[_Option]]) -> list[list[_Option]]:
    """Without the options that fail with whatever the others choose: a requirement that no option of the same or an
    earlier member provides, a provision that none of the same or a later one requires. Ten members of five plans each
    have ten million combinations, and the reference lifecycle tries them all."""
    while True:
        provided = [{name for o in options for name in o.sections.provides} for options in choices]
        required = [{r.name for o in options for r in o.sections.requires} for options in choices]
        left = []
        for n, options in enumerate(choices):
            before = set[str]().union(*provided[:n])
            after = set[str]().union(*required[n + 1 :])
            left.append([option for option in options if option.optional or _may_hold(option, before, after)])
        if left == choices:
            return left
        choices = left


def _may_hold(option: _Option, before: set[str], after: set[str]) -> bool:
    own = option.sections
    provided, required = before | set(own.provides), after | {r.name for r in own.requires}
    return all(r.name in provided for r in own.requires) and required.issuperset(own.provides)


def _options(member: Member) -> list[_Option]:
    """An optional element is optional only with its last plan: the earlier ones are tried in earnest first."""
    last = len(member.plan.options) - 1
    return [
        _Option(member.element, sections, member.element.optional and n == last)
        for n, sections in enumerate(member.plan.options)
    ]


def _run(options: list[_Option]) -> tuple[Trial, list[_Option], dict[str, _Dependency]]:
    dropped: list[str] = []
    while True:
        dependencies = _dependencies(options)
        unmet = [(o, f"{o.element.key} requires {name}") for name, d in dependencies.items() for o in d.early]
        unused = [(o, f"{o.element.key} provides unused {name}") for name, d in dependencies.items() for o in d.extra]
        broken = [*unmet, *unused]
        fatal = next((reason for option, reason in broken if not option.optional), None)
        if fatal is not None:
            return Trial(dropped=tuple(dropped), problem=fatal), [], {}
        if not broken:
            break
        dropped.extend(reason for _, reason in broken)
        gone = {id(option) for option, _ in broken}
        options = [option for option in options if id(option) not in gone]
    problem = None if options else "no viable buildpacks in group"
    return Trial(dropped=tuple(dropped), problem=problem), options, dependencies


def _dependencies(options: Sequence[_Option]) -> dict[str, _Dependency]:
    found: dict[str, _Dependency] = {}
    for option in options:
        for name in option.sections.provides:
            found.setdefault(name, _Dependency()).extra.append(option)
        for require in option.sections.requires:  # after the provides: a buildpack may require what it provides
            dependency = found.setdefault(require.name, _Dependency())
            dependency.providers.extend(o.element for o in dependency.extra)
            dependency.extra.clear()
            if dependency.providers:
                dependency.requires.append(require)
            else:
                dependency.early.append(option)
    return found
