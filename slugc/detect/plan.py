"""PURE: which members of a group can work together. Build plan trials (specification: buildpack.md, "Phase #1").

Each member of a group may offer several plans (its own, then each `or`). Trials are all combinations, the first
member's choice changing slowest; the first trial that holds wins.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from slugc.model.cloudnative import BuildPlan, Element, PlanEntry, PlanSections, Require


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
    """Every trial that was made; the last one holds where there are members."""


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


def resolve_plan(members: Sequence[Member]) -> PlanOutcome:
    """Try the combinations in their order. No member at all: no trial, and nothing holds."""
    trials: list[Trial] = []
    for options in _combinations(members):
        trial, left, dependencies = _run(options)
        trials.append(trial)
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


def _combinations(members: Sequence[Member]) -> Iterator[list[_Option]]:
    if not members:
        return
    for combination in itertools.product(*(_options(member) for member in members)):
        yield list(combination)


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
