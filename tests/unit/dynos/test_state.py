"""Histories of a dyno: signals in, its states and its log lines out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.dynos import signals as s
from slugc.dynos.settings import DynoSettings
from slugc.dynos.state import Dyno, Kind, advance
from slugc.model.dyno import DynoName, DynoState

SETTINGS = DynoSettings(crash_delays=(0, 20, 40))
WEB = Dyno(name=DynoName("web", 1), kind=Kind.WEB, command="npm start")
WORKER = Dyno(name=DynoName("worker", 1), kind=Kind.WORKER, command="rake work")
RUN = Dyno(name=DynoName("run", 4821), kind=Kind.ONEOFF, command="bash")


def history(dyno: Dyno, *signals: s.Signal) -> tuple[Dyno, list[s.Action]]:
    """The dyno after all signals, and what the last one asked for."""
    actions: tuple[s.Action, ...] = ()
    for signal in signals:
        dyno, actions = advance(dyno, signal, SETTINGS)
    return dyno, list(actions)


def logged(dyno: Dyno, *signals: s.Signal) -> list[str]:
    texts: list[str] = []
    for signal in signals:
        dyno, actions = advance(dyno, signal, SETTINGS)
        texts += [action.text for action in actions if isinstance(action, s.Log)]
    return texts


def up(dyno: Dyno = WEB) -> Dyno:
    return history(dyno, s.Begin(), s.Spawned(1), s.PortBound(1))[0]


def test_a_web_dyno_is_up_when_it_listens_and_not_before() -> None:
    starting, actions = history(WEB, s.Begin())
    assert actions[1:] == [s.Spawn(1), s.Arm(s.Timer.BOOT, 1, 60.0)]
    assert history(starting, s.Spawned(1))[0].state is DynoState.STARTING
    serving, actions = history(starting, s.PortBound(1))
    assert (serving.state, serving.serving) == (DynoState.UP, 1)
    assert s.Route() in actions


def test_a_worker_is_up_as_soon_as_it_is_started() -> None:
    assert history(WORKER, s.Begin(), s.Spawned(1))[0].state is DynoState.UP


def test_the_log_of_a_boot_and_a_crash_reads_as_herokus() -> None:
    assert logged(WEB, s.Begin(), s.PortBound(1), s.Exited(1, 1)) == [
        "Starting process with command `npm start`",
        "State changed from starting to up",
        "Process exited with status 1",
        "State changed from up to crashed",
    ]


def test_a_dyno_that_does_not_listen_in_time_is_killed_with_r10() -> None:
    assert logged(WEB, s.Begin(), s.Rang(s.Timer.BOOT, 1), s.Exited(1, 137)) == [
        "Starting process with command `npm start`",
        "Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds of launch",
        "Stopping process with SIGKILL",
        "Process exited with status 137",
        "State changed from starting to crashed",
    ]


def test_a_boot_timer_that_rings_after_the_port_was_bound_changes_nothing() -> None:
    assert history(up(), s.Rang(s.Timer.BOOT, 1)) == (up(), [])


def test_an_exit_with_status_0_is_a_crash_too() -> None:
    assert history(up(), s.Exited(1, 0))[0].state is DynoState.CRASHED


def test_crashes_wait_longer_each_time_and_a_healthy_dyno_begins_anew() -> None:
    dyno, waits = WEB, []
    dyno, _ = history(dyno, s.Begin())
    for run in (1, 2, 3, 4):
        dyno, actions = history(dyno, s.Exited(run, 1))
        waits.append(next(a.seconds for a in actions if isinstance(a, s.Arm)))
        dyno, _ = history(dyno, s.Rang(s.Timer.BACKOFF, run))
    assert waits == [0, 20, 40, 40]
    healthy, _ = history(dyno, s.PortBound(5), s.Rang(s.Timer.HEALTHY, 5))
    assert healthy.crashes == 0


def test_a_restart_starts_the_new_process_while_the_old_one_stops() -> None:
    dyno, actions = history(up(), s.Restart())
    assert (dyno.state, dyno.run, dyno.leaving) == (DynoState.STARTING, 2, {1})
    assert actions == [
        s.Log("Restarting"),
        s.Route(),
        s.Retire(1),
        s.Log("State changed from up to starting"),
        s.Log("Starting process with command `npm start`"),
        s.Spawn(2),
        s.Arm(s.Timer.BOOT, 2, 60.0),
    ]


def test_a_drained_process_gets_sigterm_and_after_the_grace_time_sigkill_with_r12() -> None:
    assert logged(up(), s.Restart(), s.Drained(1), s.Rang(s.Timer.GRACE, 1), s.Exited(1, 137))[-4:] == [
        "Stopping all processes with SIGTERM",
        "Error R12 (Exit timeout) -> At least one process failed to exit within 30 seconds of SIGTERM",
        "Stopping remaining processes with SIGKILL",
        "Process exited with status 137",
    ]


def test_the_old_processs_end_does_not_touch_the_new_one() -> None:
    dyno, _ = history(up(), s.Restart(), s.PortBound(2), s.Exited(1, 143))
    assert (dyno.state, dyno.serving, dyno.leaving, dyno.crashes) == (DynoState.UP, 2, frozenset(), 0)


def test_preboot_keeps_the_old_process_serving_until_the_new_one_listens() -> None:
    dyno, _ = history(replace(up(), preboot=True), s.Restart())
    assert (dyno.state, dyno.serving, dyno.next) == (DynoState.UP, 1, 2)
    dyno, actions = history(dyno, s.PortBound(2))
    assert (dyno.serving, dyno.leaving) == (2, {1})
    assert actions.index(s.Route()) < actions.index(s.Retire(1))


def test_a_new_process_that_fails_to_boot_leaves_the_old_one_serving_and_is_tried_again() -> None:
    dyno, actions = history(replace(up(), preboot=True), s.Restart(), s.Exited(2, 1))
    assert (dyno.state, dyno.serving) == (DynoState.UP, 1)
    assert s.Arm(s.Timer.BACKOFF, 2, 0) in actions
    dyno, _ = history(dyno, s.Rang(s.Timer.BACKOFF, 2))
    assert (dyno.serving, dyno.next) == (1, 3)


def test_an_old_process_that_dies_during_preboot_hands_over_to_the_one_that_boots() -> None:
    dyno, actions = history(replace(up(), preboot=True), s.Restart(), s.Exited(1, 1))
    assert (dyno.state, dyno.run, dyno.next) == (DynoState.STARTING, 2, None)
    assert s.Route() in actions


def test_a_second_restart_during_preboot_overtakes_the_first() -> None:
    dyno, actions = history(replace(up(), preboot=True), s.Restart(), s.Restart())
    assert (dyno.serving, dyno.next, dyno.leaving) == (1, 3, {2})
    assert s.Retire(2) in actions


def test_a_stopped_dyno_is_forgotten_when_its_process_is_gone() -> None:
    dyno, actions = history(up(), s.Stop())
    assert (dyno.state, s.Forget() in actions) == (DynoState.DOWN, False)
    assert s.Forget() in history(dyno, s.Exited(1, 143))[1]


def test_a_stopped_dyno_that_stays_in_the_formation_comes_back_by_a_restart() -> None:
    dyno, actions = history(up(), s.Stop(forget=False), s.Exited(1, 143))
    assert (dyno.state, s.Forget() in actions) == (DynoState.DOWN, False)
    assert history(dyno, s.Restart())[0].state is DynoState.STARTING


def test_a_crashed_dyno_that_is_scaled_away_does_not_come_back() -> None:
    dyno, actions = history(up(), s.Exited(1, 1), s.Stop())
    assert s.Forget() in actions
    assert history(dyno, s.Rang(s.Timer.BACKOFF, 1))[0].state is DynoState.DOWN


def test_sleeping_and_waking_read_as_herokus() -> None:
    assert logged(up(), s.Sleep(), s.Drained(1), s.Exited(1, 143), s.Wake()) == [
        "Idling",
        "State changed from up to down",
        "Stopping all processes with SIGTERM",
        "Process exited with status 143",
        "Unidling",
        "State changed from down to starting",
        "Starting process with command `npm start`",
    ]


def test_a_request_wakes_only_a_sleeping_dyno() -> None:
    assert history(up(), s.Wake()) == (up(), [])


def test_cycling_restarts_and_says_why() -> None:
    assert logged(up(), s.Rang(s.Timer.CYCLE, 1))[0] == "Cycling"
    restarted, _ = history(up(), s.Restart(), s.PortBound(2))
    assert history(restarted, s.Rang(s.Timer.CYCLE, 1)) == (restarted, [])


def test_a_one_off_dyno_ends_complete_and_restarts_leave_it_alone() -> None:
    running, _ = history(RUN, s.Begin(), s.Spawned(1))
    assert history(running, s.Restart()) == (running, [])
    dyno, actions = history(running, s.Exited(1, 0))
    assert dyno.state is DynoState.COMPLETE
    assert actions == [
        s.Log("Process exited with status 0"),
        s.Log("State changed from up to complete"),
        s.Forget(),
    ]


@pytest.mark.parametrize(
    ("mib", "lines"),
    [
        (512, []),
        (529, ["Process running mem=529M(103.3%)", "Error R14 (Memory quota exceeded)"]),
        (
            1025,
            [
                "Process running mem=1025M(200.2%)",
                "Error R15 (Memory quota vastly exceeded)",
                "Stopping process with SIGKILL",
            ],
        ),
    ],
    ids=["within", "R14", "R15"],
)
def test_memory_above_the_quota_is_said_and_far_above_is_the_end(mib: int, lines: list[str]) -> None:
    assert logged(up(), s.MemoryMeasured(1, mib << 20)) == lines


def test_a_dyno_that_cannot_be_started_says_why_and_is_tried_again() -> None:
    dyno, actions = history(WEB, s.Begin(), s.CouldNotStart(1, "no such program"))
    assert dyno.state is DynoState.CRASHED
    assert actions[0] == s.Log("Error R99 (Platform error) -> no such program")
    assert s.Arm(s.Timer.BACKOFF, 1, 0) in actions


RUNS = st.integers(1, 5)
ANY = st.one_of(
    st.builds(s.Restart),
    st.builds(s.Sleep),
    st.builds(s.Wake),
    st.builds(s.Stop, st.booleans()),
    st.builds(s.Spawned, RUNS),
    st.builds(s.PortBound, RUNS),
    st.builds(s.Exited, RUNS, st.integers(0, 255)),
    st.builds(s.Drained, RUNS),
    st.builds(s.Rang, st.sampled_from(s.Timer), RUNS),
)


@given(st.lists(ANY, max_size=25), st.booleans())
def test_every_process_is_either_current_or_on_its_way_out_whatever_happens(signals: list[s.Signal], pre: bool) -> None:
    dyno, actions = advance(replace(WEB, preboot=pre), s.Begin(), SETTINGS)
    alive = {a.run for a in actions if isinstance(a, s.Spawn)}
    stopped = False
    for signal in signals:
        if isinstance(signal, s.Exited) and signal.run not in alive:
            continue
        stopped = stopped or (isinstance(signal, s.Stop) and signal.forget)
        if stopped and isinstance(signal, s.Stop) and not signal.forget:
            continue
        dyno, actions = advance(dyno, signal, SETTINGS)
        alive |= {a.run for a in actions if isinstance(a, s.Spawn)}
        if isinstance(signal, s.Exited):
            alive.discard(signal.run)
        known = {dyno.run} if dyno.alive else set()
        known |= dyno.leaving | ({dyno.next} if dyno.next else set())
        assert alive <= known
        assert not (stopped and dyno.alive), "a stopped dyno was resurrected"
        assert not (alive and s.Forget() in actions), "a dyno was forgotten while it runs"
