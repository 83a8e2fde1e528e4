"""What `ps:scale` words mean, and how to get from what runs to what is wanted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.dynos.backoff import LADDER, delay
from slugc.dynos.formation import Start, Stop, changes, check, named, scaled
from slugc.errors.dyno import BadFormation, UnknownProcessType
from slugc.model.dyno import SIZES, DynoName, Quantity

KNOWN = ("web", "worker")
NOW = {"web": Quantity(count=2)}


@pytest.mark.parametrize(
    ("word", "count"), [("web=3", 3), ("web+1", 3), ("web-1", 1), ("web=0", 0), ("web-2", 0), ("web+5", 7)]
)
def test_a_word_sets_or_changes_a_count(word: str, count: int) -> None:
    assert scaled(NOW, [word], known=KNOWN)["web"].count == count


def test_words_are_applied_one_after_another_and_others_stay() -> None:
    assert {k: q.count for k, q in scaled(NOW, ["worker=1", "worker+2"], known=KNOWN).items()} == {
        "web": 2,
        "worker": 3,
    }


def test_a_size_comes_with_the_count_and_stays_at_the_next_change() -> None:
    larger = scaled(NOW, ["web=2:Standard-2X"], known=KNOWN)
    assert larger["web"].size == SIZES["standard-2x"]
    assert scaled(larger, ["web+1"], known=KNOWN)["web"] == Quantity(count=3, size=SIZES["standard-2x"])


@pytest.mark.parametrize("word", ["web", "web=", "=3", "web=-1", "web=3:huge", "web-3", "web=101", "web=1 ", "web+99"])
def test_a_word_that_does_not_fit_is_refused_with_the_forms_that_do(word: str) -> None:
    with pytest.raises(BadFormation) as caught:
        scaled(NOW, [word], known=KNOWN)
    assert "TYPE=N" in caught.value.hint


@pytest.mark.parametrize("word", ["web", "web=", "=3", "web=3:huge", "web=101", "web-1"])
def test_what_no_app_can_mean_is_refused_before_the_app_is_known(word: str) -> None:
    check(["anything=2:standard-2x"])
    with pytest.raises(BadFormation):
        check([word])


def test_a_type_that_the_slug_does_not_have_is_named() -> None:
    with pytest.raises(UnknownProcessType):
        scaled(NOW, ["wrker=1"], known=KNOWN)


def test_gaps_are_filled_and_the_highest_numbers_stop_first() -> None:
    running = [DynoName("web", 1), DynoName("web", 3), DynoName("web", 4)]
    assert changes(running, {"web": Quantity(count=2)}) == [
        Start(DynoName("web", 2)),
        Stop(DynoName("web", 4)),
        Stop(DynoName("web", 3)),
    ]


def test_a_target_is_a_type_or_one_dyno() -> None:
    dynos = [DynoName("web", 10), DynoName("web", 2), DynoName("worker", 1)]
    assert named("web", dynos) == [DynoName("web", 2), DynoName("web", 10)]
    assert named("web.10", dynos) == [DynoName("web", 10)]
    assert named("nothing", dynos) == []


NAMES = st.builds(DynoName, st.sampled_from(KNOWN), st.integers(1, 9))


@given(
    st.sets(NAMES), st.dictionaries(st.sampled_from(KNOWN), st.builds(lambda n: Quantity(count=n), st.integers(0, 9)))
)
def test_the_changes_lead_exactly_to_the_formation(running: set[DynoName], wanted: dict[str, Quantity]) -> None:
    after = set(running)
    for change in changes(running, wanted):
        if isinstance(change, Start):
            after.add(change.dyno)
        else:
            after.remove(change.dyno)
    assert after == {DynoName(name, n) for name, q in wanted.items() for n in range(1, q.count + 1)}
    assert changes(after, wanted) == []


def test_the_first_crash_restarts_at_once_and_later_ones_wait_longer() -> None:
    assert [delay(n) / 60 for n in range(1, 9)] == [0, 20, 40, 60, 180, 320, 320, 320]
    assert LADDER[0] == 0
