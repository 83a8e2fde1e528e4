"""The walk through an order, against rules written out and against flat groups expanded by brute force."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slugc.detect.order import Resolution, UnknownMember, Walk, run_key
from slugc.model.cloudnative import (
    ERROR,
    FAIL,
    PASS,
    Api,
    BuildPlan,
    Descriptor,
    DetectRun,
    Element,
    Group,
    Kind,
    Order,
    OrderEntry,
    PlanSections,
)


class Machine:
    """Buildpacks by id, what their bin/detect says, and how often each was asked."""

    def __init__(self, codes: dict[str, int], composites: dict[str, Order] | None = None) -> None:
        self.codes, self.composites = codes, composites or {}
        self.batches: list[list[str]] = []
        self._known: dict[str, DetectRun] = {}

    def lookup(self, entry: OrderEntry) -> Descriptor | None:
        if entry.id not in self.codes and entry.id not in self.composites:
            return None
        order = self.composites.get(entry.id, ())
        return Descriptor(api=Api(0, 10), id=entry.id, version=entry.version or "1", kind=entry.kind, order=order)

    def run(self, elements: Sequence[Element]) -> dict[str, DetectRun]:
        new = [e for e in elements if run_key(e) not in self._known]
        self.batches.append([e.id for e in new])
        self._known |= {run_key(e): DetectRun(code=self.codes[e.id]) for e in new}
        return {run_key(e): self._known[run_key(e)] for e in elements}

    def resolve(self, *groups: str, extensions: Order = (), **options) -> Resolution:
        return Walk(lookup=self.lookup, run=self.run, **options).resolve(tuple(group(g) for g in groups), extensions)


def group(text: str) -> Group:
    """`a b?`: b is optional."""
    return tuple(OrderEntry(id=word.rstrip("?"), optional=word.endswith("?")) for word in text.split())


def ids(found: Resolution) -> list[str]:
    return [e.id for e in found.members]


def test_the_second_group_is_tried_when_a_required_member_fails() -> None:
    machine = Machine({"a": PASS, "b": FAIL, "c": PASS})
    found = machine.resolve("a b", "a c")
    assert ids(found) == ["a", "c"]
    assert found.tried[0].problem == "b@1 failed"
    assert machine.batches == [["a", "b"], ["c"]]


def test_an_optional_member_that_fails_is_left_out() -> None:
    assert ids(Machine({"a": PASS, "b": FAIL}).resolve("a b?")) == ["a"]


def test_a_group_of_optional_members_needs_one_that_passes() -> None:
    found = Machine({"a": FAIL, "b": FAIL}).resolve("a? b?")
    assert (ids(found), found.errored, found.tried[0].problem) == ([], False, "no viable buildpacks in group")


def test_an_error_is_told_from_a_refusal() -> None:
    assert Machine({"a": 2}).resolve("a").errored
    assert not Machine({"a": FAIL}).resolve("a").errored


def test_a_later_group_may_still_hold_after_an_error() -> None:
    found = Machine({"a": 2, "b": PASS}).resolve("a", "b")
    assert (ids(found), found.errored) == (["b"], False)


def test_a_nested_order_is_expanded_in_place_and_the_rest_follows() -> None:
    codes = {"a": FAIL, "b": PASS, "z": PASS, "y": PASS}
    assert ids(Machine(codes, {"both": (group("a"), group("b y"))}).resolve("both z")) == ["b", "y", "z"]


def test_an_optional_composite_is_tried_without_when_all_its_groups_fail() -> None:
    machine = Machine({"a": FAIL, "z": PASS}, {"both": (group("a"),)})
    assert ids(machine.resolve("both? z")) == ["z"]
    assert ids(machine.resolve("both z")) == []


def test_the_same_buildpack_takes_part_once_whatever_its_version() -> None:
    machine = Machine({"a": PASS, "b": PASS}, {"both": (group("a b"),)})
    entries = (OrderEntry(id="a", version="1"), OrderEntry(id="both"), OrderEntry(id="a", version="2"))
    found = Walk(lookup=machine.lookup, run=machine.run).resolve((entries,))
    assert [e.key for e in found.members] == ["a@1", "b@1"]


def test_a_buildpack_that_is_not_there_ends_the_walk() -> None:
    with pytest.raises(UnknownMember):
        Machine({"a": PASS}).resolve("a b")


def test_targets_that_do_not_fit_are_an_error_of_a_required_member() -> None:
    machine = Machine({"a": PASS, "b": PASS})
    found = machine.resolve("a b", mismatch=lambda d: "wrong distro" if d.id == "b" else None)
    assert found.errored
    assert found.tried[0].problem == "b@1: wrong distro"
    assert machine.batches == [["a"]]


def test_an_optional_member_runs_though_its_targets_do_not_fit_unless_strict() -> None:
    machine = Machine({"a": PASS, "b": PASS})
    mismatch = {"mismatch": lambda d: "wrong" if d.id == "b" else None}
    assert ids(machine.resolve("a b?", **mismatch)) == ["a", "b"]
    assert ids(machine.resolve("a b?", strict=True, **mismatch)) == ["a"]


def test_a_member_for_another_execution_environment_is_left_out_even_if_required() -> None:
    assert ids(Machine({"a": PASS, "b": FAIL}).resolve("a b", excluded=lambda d: d.id == "b")) == ["a"]


EXTENSIONS: Order = ((OrderEntry(id="x", kind=Kind.EXTENSION, optional=True),),)


def test_extensions_come_first_in_every_group() -> None:
    found = Machine({"a": PASS, "x": PASS}).resolve("a", extensions=EXTENSIONS)
    assert [(e.kind, e.id) for e in found.members] == [(Kind.EXTENSION, "x"), (Kind.BUILDPACK, "a")]


def test_extensions_alone_are_no_group() -> None:
    assert ids(Machine({"a": FAIL, "x": PASS}).resolve("a?", extensions=EXTENSIONS)) == []


def test_an_unused_provision_makes_the_next_group_be_tried() -> None:
    plans = {"a": BuildPlan(options=(PlanSections(provides=("x",)),))}
    machine = Machine({"a": PASS, "b": PASS})

    def run(elements: Sequence[Element]) -> dict[str, DetectRun]:
        return {run_key(e): DetectRun(code=PASS, plan=plans.get(e.id, BuildPlan())) for e in elements}

    found = Walk(lookup=machine.lookup, run=run).resolve((group("a"), group("b")))
    assert ids(found) == ["b"]
    assert found.tried[0].problem == "a@1 provides unused x"


# The oracle: expand everything to flat groups first, then take the first that holds.
LEAVES = ["p1", "p2", "f1", "f2", "e1"]
CODES = {"p1": PASS, "p2": PASS, "f1": FAIL, "f2": FAIL, "e1": ERROR}


def orders(names: list[str]) -> st.SearchStrategy[Order]:
    entry = st.builds(OrderEntry, id=st.sampled_from(names), optional=st.booleans())
    return st.lists(st.lists(entry, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)


def expand(entries: Group, composites: dict[str, Order]) -> list[list[OrderEntry]]:
    """Every flat group that these entries stand for, in the order they are tried."""
    if not entries:
        return [[]]
    first, rest = entries[0], entries[1:]
    if first.id not in composites:
        return [[first, *tail] for tail in expand(rest, composites)]
    flat = [f for inner in composites[first.id] for f in expand((*inner, *rest), composites)]
    return [*flat, *(expand(rest, composites) if first.optional else [])]


def oracle(order: Order, composites: dict[str, Order]) -> list[str]:
    for entries in order:
        for flat in expand(entries, composites):
            once: dict[str, OrderEntry] = {}
            for entry in flat:
                once.setdefault(entry.id, entry)
            if all(CODES[e.id] == PASS or e.optional for e in once.values()):
                passed = [e.id for e in once.values() if CODES[e.id] == PASS]
                if passed:
                    return passed
    return []


@settings(max_examples=300, deadline=None)
@given(orders([*LEAVES, "c1", "c2"]), orders([*LEAVES, "c2"]), orders(LEAVES))
def test_the_walk_finds_what_brute_force_finds(order: Order, c1: Order, c2: Order) -> None:
    composites = {"c1": c1, "c2": c2}
    machine = Machine(CODES, composites)
    assert ids(Walk(lookup=machine.lookup, run=machine.run).resolve(order)) == oracle(order, composites)
    asked = [name for batch in machine.batches for name in batch]
    assert len(asked) == len(set(asked))
