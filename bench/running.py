"""Run a contest: turns, idle waits, disturbed runs dropped."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench import machine
from bench.contest import Contest, Contestant, Measured, Outcome, Row

ORPHAN_SECONDS = 2.0
"""How long what a command left behind may take to end; a daemon that stays is not waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How patient a bench is."""

    rounds: int = 5
    """Clean runs of each contestant."""
    patience: float = 60.0
    """Seconds to wait for an idle machine before a run."""
    attempts: int = 2
    """Times `rounds` that a contestant may be tried before fewer clean runs have to do."""
    keep_disturbed: bool = False
    """Count every run: for trying a bench out on a busy machine."""


def hold(contest: Contest, rules: Rules, scratch: Path, say: Callable[[str], None]) -> Outcome:
    """Hold a contest. What the runs make lies below `scratch` until the end: deleting between runs would slow
    the making of files (ext4)."""
    if contest.prepare is not None:
        contest.prepare()
    most = min(contest.rounds or rules.rounds, rules.rounds)
    present = [contestant for contestant in contest.contestants if not absence(contestant)]
    clean: dict[str, list[Measured]] = {contestant.name: [] for contestant in present}
    dirty: dict[str, list[Measured]] = {contestant.name: [] for contestant in present}
    number = 0
    for turn in range(most * rules.attempts):
        waiting = [
            contestant for contestant in present if _waits(contestant, len(clean[contestant.name]), turn, most, rules)
        ]
        for contestant in waiting:
            number += 1
            if not rules.keep_disturbed:
                machine.wait_for_idle(rules.patience)
            measured = _once(contestant, scratch / f"{number}", memory=contest.memory)
            kept = rules.keep_disturbed or measured.foreign <= machine.IDLE
            (clean if kept else dirty)[contestant.name].append(measured)
            say(f"  {contestant.name}: {measured.value:.3f} {contest.unit}{'' if kept else ' (disturbed)'}")
    rows = [_row(contestant, clean, dirty) for contestant in contest.contestants]
    return Outcome(contest=contest, rows=tuple(rows))


def _waits(contestant: Contestant, clean: int, turn: int, most: int, rules: Rules) -> bool:
    """Whether it still lacks clean runs, and may be tried once more."""
    rounds = min(contestant.rounds or most, most)
    return clean < rounds and turn < rounds * rules.attempts


def absence(contestant: Contestant) -> str:
    """Why a contestant cannot take part; empty where it can."""
    missing = [program for program in contestant.needs if shutil.which(program) is None]
    return f"{', '.join(missing)} not installed" if missing else ""


def _row(contestant: Contestant, clean: dict[str, list[Measured]], dirty: dict[str, list[Measured]]) -> Row:
    absent = absence(contestant)
    if absent:
        return Row(name=contestant.name, absent=absent)
    runs, disturbed = clean[contestant.name], dirty[contestant.name]
    if not runs:
        # Better a disturbed number than none; the table marks it by n = 0 clean runs.
        return Row(name=contestant.name, runs=tuple(disturbed), dropped=0, absent="every run was disturbed")
    return Row(name=contestant.name, runs=tuple(runs), dropped=len(disturbed))


def _once(contestant: Contestant, new: Path, *, memory: bool) -> Measured:
    new.parent.mkdir(parents=True, exist_ok=True)
    before, used = machine.busy(), machine.own()
    if contestant.call is not None:
        measured = contestant.call(new)
    else:
        measured = run(_filled(contestant.argv, new), memory=memory)
    # What a call prepares and checks beside what it times is ours as well, wherever it is done.
    foreign = machine.foreign_share(before, machine.busy(), machine.own() - used)
    made = Path(contestant.makes.replace("{new}", str(new))) if contestant.makes else None
    size = made.stat().st_size if made is not None and made.is_file() else measured.size
    return replace(measured, foreign=foreign, size=size)


def _filled(argv: Sequence[str], new: Path) -> list[str]:
    return [word.replace("{new}", str(new)) for word in argv]


def run(argv: Sequence[str], *, memory: bool = False) -> Measured:
    """Run a command to its end; it and everything it starts is one process group. A failure ends the bench."""
    machine.adopt_orphans()
    others = machine.children()
    began = time.perf_counter()
    child = subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    sampler = _Sampler(child.pid) if memory else None
    assert child.stderr is not None
    complaint = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    total = sampler.stop() if sampler else 0
    cpu = usage.ru_utime + usage.ru_stime + _orphans(others)
    if child.returncode:
        raise SystemExit(f"{' '.join(argv)} failed ({child.returncode}): {complaint.decode(errors='replace')[-800:]}")
    return Measured(value=wall, wall=wall, cpu=cpu, rss=usage.ru_maxrss * 1024, total=total)


class Watch:
    """Measures what a bench does itself: wall and processor seconds from its making, children included that have
    ended meanwhile."""

    def __init__(self) -> None:
        self._used, self._began = machine.own(), time.perf_counter()

    def read(self) -> Measured:
        wall = time.perf_counter() - self._began
        return Measured(value=wall, wall=wall, cpu=machine.own() - self._used)


def _orphans(others: frozenset[int]) -> float:
    """Processor seconds of what the command left to us. bubblewrap does not wait for the init of its namespace, so
    without this a build in a sandbox would cost next to nothing, and what it costs would count as others' work."""
    seconds = 0.0
    until = time.monotonic() + ORPHAN_SECONDS
    while (waiting := machine.children() - others) and time.monotonic() < until:
        for pid in waiting:
            found, _, usage = os.wait4(pid, os.WNOHANG)
            seconds += usage.ru_utime + usage.ru_stime if found else 0.0
        time.sleep(0.002)
    return seconds


class _Sampler:
    """The proportional memory of a process group, looked at forty times a second."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._over.wait(0.025):
            self._peak = max(self._peak, sum(_memory(pid) for pid in _group(self._group)))


def _group(group: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.getpgid(int(name)) == group:
                    found.append(int(name))
            except ProcessLookupError:
                continue
    return found


def _memory(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def stop(child: "subprocess.Popen[bytes]") -> None:
    """End a server that a bench started, and what it started."""
    os.killpg(child.pid, signal.SIGTERM)
    child.wait()
