"""Build plan trials, against rules written out and against a brute-force oracle."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slugc.detect.plan import Member, resolve_plan
from slugc.model.cloudnative import BuildPlan, Element, PlanSections, Require


def sections(provides: str = "", requires: str = "") -> PlanSections:
    return PlanSections(provides=tuple(provides.split()), requires=tuple(Require(name=n) for n in requires.split()))


def member(name: str, *options: PlanSections, optional: bool = False) -> Member:
    return Member(
        element=Element(id=name, version="1", optional=optional),
        plan=BuildPlan(options=options or (PlanSections(),)),
    )


@pytest.mark.parametrize(
    ("members", "ids", "problem"),
    [
        pytest.param([member("a"), member("b")], ["a", "b"], None, id="no-plans"),
        pytest.param([member("a", sections("x")), member("b", sections("", "x"))], ["a", "b"], None, id="a-pair"),
        pytest.param([member("a", sections("x", "x"))], ["a"], None, id="own-provide-meets-own-require"),
        pytest.param(
            [member("a", sections("", "x")), member("b", sections("x"))], [], "a@1 requires x", id="require-comes-first"
        ),
        pytest.param([member("a", sections("x"))], [], "a@1 provides unused x", id="unused-provide"),
        pytest.param([member("a", sections("x"), optional=True), member("b")], ["b"], None, id="optional-is-dropped"),
        pytest.param(
            [member("a", sections("x")), member("b", sections("", "x y"), optional=True)],
            [],
            "a@1 provides unused x",
            id="a-drop-breaks-another",
        ),
        pytest.param([member("a", sections("x"), sections())], ["a"], None, id="second-option-holds"),
        pytest.param(
            [member("a", sections("x"), optional=True)], [], "no viable buildpacks in group", id="nobody-left"
        ),
    ],
)
def test_trials(members: list[Member], ids: list[str], problem: str | None) -> None:
    found = resolve_plan(members)
    assert [e.id for e in found.members] == ids
    assert found.trials[-1].problem == problem


def test_an_optional_element_is_required_with_all_but_its_last_plan() -> None:
    found = resolve_plan([member("a", sections("x"), sections("y"), optional=True), member("b")])
    assert [trial.problem for trial in found.trials] == ["a@1 provides unused x", None]
    assert found.trials[1].dropped == ("a@1 provides unused y",)
    assert [e.id for e in found.members] == ["b"]


def test_the_first_members_choice_changes_slowest() -> None:
    found = resolve_plan(
        [member("a", sections("p"), sections("q")), member("b", sections("", "r"), sections("", "q"))],
    )
    broken = [trial.problem for trial in found.trials]
    assert broken == ["b@1 requires r", "b@1 requires q", "b@1 requires r", None]


def test_an_entry_knows_all_its_providers_and_requirements_in_order() -> None:
    found = resolve_plan(
        [
            member("a", sections("x")),
            member("b", sections("x")),
            member("c", sections("", "x")),
            member("d", sections("x", "x")),
        ]
    )
    (entry,) = found.entries
    assert [p.id for p in entry.providers] == ["a", "b", "d"]
    assert len(entry.requires) == 2


NAMES = st.sampled_from(["x", "y", "z"])
SECTIONS = st.builds(
    lambda p, r: PlanSections(provides=tuple(p), requires=tuple(Require(name=n) for n in r)),
    st.lists(NAMES, max_size=2),
    st.lists(NAMES, max_size=2),
)


@st.composite
def groups(draw: st.DrawFn) -> list[Member]:
    return [
        Member(
            element=Element(id=f"b{n}", version="1", optional=draw(st.booleans())),
            plan=BuildPlan(options=tuple(draw(st.lists(SECTIONS, min_size=1, max_size=3)))),
        )
        for n in range(draw(st.integers(1, 5)))
    ]


def holds(chosen: list[tuple[int, PlanSections]]) -> bool:
    """Every requirement has a provider at or before it, every provision a requirer at or after it."""
    return all(
        any(k <= n and require.name in other.provides for k, other in chosen)
        for n, own in chosen
        for require in own.requires
    ) and all(
        any(k >= n and name in {r.name for r in other.requires} for k, other in chosen)
        for n, own in chosen
        for name in own.provides
    )


def oracle(members: list[Member]) -> list[str]:
    """All combinations, and for each all subsets with the required elements, the largest first."""
    for picks in itertools.product(*(range(len(m.plan.options)) for m in members)):
        must = {n for n, m in enumerate(members) if not (m.element.optional and picks[n] == len(m.plan.options) - 1)}
        for size in range(len(members), 0, -1):
            for subset in itertools.combinations(range(len(members)), size):
                if must <= set(subset) and holds([(n, members[n].plan.options[picks[n]]) for n in subset]):
                    return [members[n].element.id for n in subset]
    return []


@settings(max_examples=400, deadline=None)
@given(groups())
def test_trials_find_what_brute_force_finds(members: list[Member]) -> None:
    assert [e.id for e in resolve_plan(members).members] == oracle(members)


@settings(max_examples=400, deadline=None)
@given(groups())
def test_what_is_passed_over_without_a_trial_would_not_have_held(members: list[Member]) -> None:
    every, fewer = resolve_plan(members), resolve_plan(members, shown=0)
    assert (fewer.members, fewer.entries) == (every.members, every.entries)
    assert len(fewer.trials) == 1
    assert (fewer.trials[-1].problem is None) is (every.trials[-1].problem is None)


def test_combinations_without_number_come_to_an_end() -> None:
    plans = [sections("", f"x{n}") for n in range(10)]
    found = resolve_plan([member(f"b{n}", *plans) for n in range(30)])
    assert not found.members
    assert found.trials[-1].problem == "b0@1 requires x0"
    provider = member("a", sections(" ".join(f"x{n}" for n in range(9))))
    assert not resolve_plan([provider, *(member(f"b{n}", plans[9]) for n in range(30))]).members


@given(groups())
def test_every_entry_of_a_plan_has_a_provider_and_a_requirement(members: list[Member]) -> None:
    for entry in resolve_plan(members).entries:
        assert entry.providers
        assert entry.requires
