"""The bench counts right: medians, ratios, disturbed runs, missing tools."""

import sys
from importlib import import_module

import pytest

from bench import report
from bench.__main__ import names
from bench.contest import SLUGC, Contest, Contestant, Measured, Outcome, Row
from bench.running import Rules, hold, run


def _outcome(own: list[float], other: list[float], **options: object) -> Outcome:
    contest = Contest(title="a job", contestants=(), targets={"peer": 2.0}, **options)  # type: ignore[arg-type]
    rows = (
        Row(name=SLUGC, runs=tuple(Measured(value=value) for value in own)),
        Row(name="peer", runs=tuple(Measured(value=value) for value in other)),
    )
    return Outcome(contest=contest, rows=rows)


def test_the_ratio_is_above_one_where_slugc_is_better():
    assert _outcome([1, 1, 9], [3, 3, 3]).ratio("peer") == 3
    assert _outcome([300], [100], higher_is_better=True).ratio("peer") == 3


def test_a_missed_target_is_a_sentence():
    assert _outcome([2, 3], [4, 5]).missed() == ["a job: 1.80 x peer, target 2"]
    assert _outcome([1], [2]).missed() == []


def test_a_missed_margin_is_a_sentence():
    contest = Contest(title="a job", contestants=(), margins={"peer": 1.0})
    rows = (Row(name=SLUGC, runs=(Measured(value=5.0),)), Row(name="peer", runs=(Measured(value=3.5),)))
    assert Outcome(contest=contest, rows=rows).missed() == ["a job: 1.50 s more than peer, target 1"]
    assert any("+1.50 s (at most 1, missed)" in line for line in report.table(Outcome(contest=contest, rows=rows)))


def test_the_work_of_an_orphan_counts():
    work = "import time\nwhile time.process_time() < 0.3: pass"
    measured = run(("bash", "-c", '"$0" -c "$1" 2>&- &', sys.executable, work))
    assert measured.cpu >= 0.3


def test_a_missing_tool_is_named_in_the_table(tmp_path):
    contest = Contest(
        title="a job",
        contestants=(
            Contestant(
                name=SLUGC, argv=(sys.executable, "-c", "open('{new}', 'w').write('x' * 2000000)"), makes="{new}"
            ),
            Contestant(name="a | b", argv=("no-such-program",), needs=("no-such-program",)),
        ),
    )
    said: list[str] = []
    outcome = hold(contest, Rules(rounds=2, keep_disturbed=True, attempts=1), tmp_path, said.append)
    lines = report.table(outcome)
    assert any("| 2.0 MB | 2 |" in line for line in lines)
    assert any(line.startswith("| a \\| b | - |") and "no-such-program not installed" in line for line in lines)


def test_a_disturbed_run_is_tried_again(tmp_path):
    shares = iter([0.5, 0.0, 0.5, 0.0, 0.0])

    def call(_new):
        return Measured(value=1.0)

    contest = Contest(title="a job", contestants=(Contestant(name=SLUGC, call=call),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.machine.foreign_share", lambda *_: next(shares))
        patch.setattr("bench.machine.wait_for_idle", lambda _: True)
        outcome = hold(contest, Rules(rounds=3), tmp_path, lambda _: None)
    assert (len(outcome.rows[0].runs), outcome.rows[0].dropped) == (3, 2)


def test_a_failing_contestant_ends_the_bench(tmp_path):
    contest = Contest(title="a job", contestants=(Contestant(name=SLUGC, argv=("false",)),))
    with pytest.raises(SystemExit, match="false failed"):
        hold(contest, Rules(rounds=1, keep_disturbed=True, attempts=1), tmp_path, lambda _: None)


@pytest.mark.parametrize("name", names())
def test_every_bench_has_a_suite(name):
    assert callable(import_module(f"bench.suites.{name}").suite)


def test_who_takes_long_runs_less_often(tmp_path):
    calls: list[str] = []

    def call(name: str):
        return lambda _: calls.append(name) or Measured(value=1.0)

    slow = Contestant(name="slow", call=call("slow"), rounds=1)
    contest = Contest(title="a job", contestants=(Contestant(name=SLUGC, call=call(SLUGC)), slow))
    hold(contest, Rules(rounds=3, keep_disturbed=True, attempts=1), tmp_path, lambda _: None)
    assert calls == [SLUGC, "slow", SLUGC, SLUGC]
