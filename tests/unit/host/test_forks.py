"""Forked workers: results, failures, deaths, and none of them left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from slugc.errors.slug import TreeChanged
from slugc.host import forks
from slugc.host.forks import WorkerDied, forked


def _collect(work, count, workers=2):
    with contextlib.closing(forked(lambda _: work, range(count), workers=workers)) as results:
        return dict(results)


def test_every_job_is_done_once_by_some_worker():
    found = _collect(lambda number: (number * 2, os.getpid()), 50, workers=3)
    assert {number: result for number, (result, _) in found.items()} == {number: number * 2 for number in range(50)}
    assert os.getpid() not in {pid for _, pid in found.values()}


def test_large_answers_arrive_whole():
    assert _collect(lambda number: bytes([number]) * 3_000_000, 4)[3] == b"\3" * 3_000_000


def test_an_error_keeps_its_facts():
    def work(_):
        raise TreeChanged(member=b"app/x", reason="It is gone")

    with pytest.raises(TreeChanged) as caught:
        _collect(work, 3)
    assert caught.value.member == b"app/x"


def test_a_disk_error_keeps_its_number():
    def work(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        _collect(work, 1)
    assert caught.value.errno == 28


def test_an_error_that_cannot_travel_is_described():
    class Local(Exception):
        pass

    def work(_):
        raise Local("seven")

    with pytest.raises(RuntimeError, match="Local: seven"):
        _collect(work, 1)


def test_a_killed_worker_is_noticed():
    with pytest.raises(WorkerDied) as caught:
        _collect(lambda _: os.kill(os.getpid(), signal.SIGKILL), 2)
    assert caught.value.status == -signal.SIGKILL


def test_no_worker_outlives_an_abandoned_iteration():
    seen: list[int] = []
    with contextlib.closing(forked(lambda _: lambda _: os.getpid(), range(100), workers=2)) as results:
        for _, pid in results:
            seen.append(pid)
            if len(seen) > 5:
                break
    for pid in set(seen):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_end_when_their_parent_is_killed():
    script = """
import time
from slugc.host.forks import forked
import os
def make(_):
    os.write(1, b"%d\\n" % os.getpid())
    return lambda number: time.sleep(0.2 if number < 3 else 60)
for _ in forked(make, range(3), workers=3):
    time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pids = [int(parent.stdout.readline()) for _ in range(3)]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while any(_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_jobs_are_done_while_others_are_still_being_found():
    told: list[int] = []
    seen: list[int] = []

    def jobs():
        for number in range(200):
            told.append(number)
            time.sleep(0.005)
            yield number

    with contextlib.closing(forked(lambda _: lambda number: number, jobs(), workers=2)) as results:
        for number, _ in results:
            seen.append(number)
            if len(seen) == 1:
                found_by_then = len(told)
    assert sorted(seen) == list(range(200))
    assert found_by_then < 200


def test_jobs_larger_than_a_sockets_buffer_hold_nobody_up():
    jobs = [bytes([number]) * 2_000_000 for number in range(8)]
    with contextlib.closing(forked(lambda _: lambda job: job[:2] * 1_000_000, iter(jobs), workers=2)) as results:
        assert {job[0]: answer == job for job, answer in results} == dict.fromkeys(range(8), True)


def test_an_error_while_jobs_are_found_leaves_no_worker():
    pids: set[int] = set()

    def jobs():
        yield from range(20)
        raise TreeChanged(member=b"app/x", reason="It is gone")

    with (
        pytest.raises(TreeChanged),
        contextlib.closing(forked(lambda _: lambda _: os.getpid(), jobs(), workers=2)) as results,
    ):
        pids.update(pid for _, pid in results)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_last_result_may_come_before_it_is_known_that_there_are_no_more_jobs(monkeypatch):
    give = forks._give

    def preempted(*args):
        """The parent goes on only when the worker has answered."""
        sent = give(*args)
        time.sleep(0.1)
        return sent

    monkeypatch.setattr(forks, "_give", preempted)
    assert set(_collect(lambda number: number, 5)) == set(range(5))
