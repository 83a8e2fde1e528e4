"""The life of one dyno as a pure machine: a signal in, the new state and what is to be done out."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from slugc.dynos import signals as s
from slugc.dynos.backoff import delay
from slugc.dynos.settings import DynoSettings
from slugc.model.dyno import DEFAULT_SIZE, DynoName, DynoSize, DynoState
from slugc.model.route import AppState


class Kind(StrEnum):
    WEB = "web"
    """Up when it listens on its port."""
    WORKER = "worker"
    """Up when it is started."""
    ONEOFF = "one-off"
    """Never restarted; complete when it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dyno:
    name: DynoName
    kind: Kind
    command: str = ""
    """For the log."""
    size: DynoSize = DEFAULT_SIZE
    preboot: bool = False
    state: DynoState = DynoState.STARTING
    run: int = 0
    """The current incarnation; 0 before the first."""
    made: int = 0
    """How many incarnations there have been."""
    next: int | None = None
    """Preboot: the incarnation that boots beside the current one."""
    leaving: frozenset[int] = frozenset()
    """Incarnations that were told to end and have not yet."""
    crashes: int = 0
    """Since it was last healthy."""
    wanted: bool = True
    """False: to be forgotten as soon as nothing of it runs."""

    @property
    def serving(self) -> int | None:
        """The incarnation that gets requests."""
        return self.run if self.kind is Kind.WEB and self.state is DynoState.UP else None

    @property
    def alive(self) -> bool:
        return self.state in (DynoState.STARTING, DynoState.UP)


Step = tuple[Dyno, tuple[s.Action, ...]]


def advance(dyno: Dyno, signal: s.Signal, settings: DynoSettings) -> Step:  # noqa: PLR0911, PLR0912 - a table
    """The dyno after `signal`, and the actions to take in order. A signal of a past incarnation changes nothing."""
    match signal:
        case s.Begin():
            return _boot(dyno, settings)
        case s.Spawned(run):
            return (dyno, ()) if dyno.kind is Kind.WEB else _is_up(dyno, run, settings)
        case s.PortBound(run):
            return _is_up(dyno, run, settings)
        case s.CouldNotStart(run, reason):
            return _first(_ended(dyno, run, settings), s.Log(f"Error R99 (Platform error) -> {reason}"))
        case s.Exited(run, status):
            return _first(_ended(dyno, run, settings), s.Log(f"Process exited with status {status}"))
        case s.Restart():
            return _restarted(dyno, settings, "Restarting")
        case s.Stop(forget):
            return _stopped(dyno, forget=forget)
        case s.Sleep():
            return _asleep(dyno)
        case s.Wake():
            return _first(_boot(dyno, settings), s.Log("Unidling")) if dyno.state is DynoState.IDLE else (dyno, ())
        case s.Drained(run):
            return _terminated(dyno, run, settings)
        case s.MemoryMeasured():
            return dyno, _over_quota(dyno, signal, settings)
        case s.Rang(timer, run):
            return _rang(dyno, timer, run, settings)
        case _:
            assert_never(signal)


_APP_STATES = {
    DynoState.UP: AppState.UP,
    DynoState.STARTING: AppState.STARTING,
    DynoState.IDLE: AppState.IDLE,
    DynoState.CRASHED: AppState.CRASHED,
}


def app_state(dynos: Iterable[Dyno]) -> AppState:
    """What the router should think of an app with these dynos: the best state that any web dyno is in."""
    states = {dyno.state for dyno in dynos if dyno.kind is Kind.WEB}
    return next((answer for state, answer in _APP_STATES.items() if state in states), AppState.DOWN)


def _boot(dyno: Dyno, settings: DynoSettings) -> Step:
    run = dyno.made + 1
    moved, logs = _move(dyno, DynoState.STARTING)
    return replace(moved, run=run, made=run, wanted=True), (*logs, *_start(dyno, run, settings))


def _start(dyno: Dyno, run: int, settings: DynoSettings) -> tuple[s.Action, ...]:
    begun = (s.Log(f"Starting process with command `{dyno.command}`"), s.Spawn(run))
    return (*begun, s.Arm(s.Timer.BOOT, run, settings.boot)) if dyno.kind is Kind.WEB else begun


def _is_up(dyno: Dyno, run: int, settings: DynoSettings) -> Step:
    timers = (s.Arm(s.Timer.CYCLE, run, settings.cycle), s.Arm(s.Timer.HEALTHY, run, settings.healthy))
    if run == dyno.next:
        log = s.Log("State changed from starting to up")
        now = replace(dyno, run=run, next=None, leaving=dyno.leaving | {dyno.run})
        return now, (log, s.Route(), s.Retire(dyno.run), *timers)
    if run != dyno.run or dyno.state is not DynoState.STARTING:
        return dyno, ()
    up, logs = _move(dyno, DynoState.UP)
    return up, (*logs, s.Route(), *timers)


def _ended(dyno: Dyno, run: int, settings: DynoSettings) -> Step:
    if run in dyno.leaving:
        left = replace(dyno, leaving=dyno.leaving - {run})
        return left, _forgotten(left)
    if run == dyno.next:
        crashes = dyno.crashes + 1
        wait = s.Arm(s.Timer.BACKOFF, dyno.made, delay(crashes, settings.crash_delays))
        log = s.Log("State changed from starting to crashed")
        return replace(dyno, next=None, crashes=crashes), (log, wait)
    if run != dyno.run or not dyno.alive:
        return dyno, ()
    if dyno.kind is Kind.ONEOFF:
        done, logs = _move(dyno, DynoState.COMPLETE)
        return replace(done, wanted=False), (*logs, s.Forget())
    if dyno.next is not None:
        # The old process died while its successor boots: there is nothing left to serve beside it.
        took_over, logs = _move(replace(dyno, run=dyno.next, next=None), DynoState.STARTING)
        return took_over, (*logs, s.Route())
    crashes = dyno.crashes + 1
    crashed, logs = _move(replace(dyno, crashes=crashes), DynoState.CRASHED)
    return crashed, (*logs, s.Route(), s.Arm(s.Timer.BACKOFF, dyno.made, delay(crashes, settings.crash_delays)))


def _restarted(dyno: Dyno, settings: DynoSettings, why: str) -> Step:
    if not dyno.wanted or dyno.kind is Kind.ONEOFF:
        return dyno, ()
    log = s.Log(why)
    fresh = replace(dyno, crashes=0)
    if dyno.preboot and dyno.kind is Kind.WEB and dyno.state is DynoState.UP:
        run = dyno.made + 1
        overtaken = () if dyno.next is None else (s.Retire(dyno.next),)
        now = replace(fresh, next=run, made=run, leaving=dyno.leaving | ({dyno.next} if dyno.next else set()))
        return now, (log, *overtaken, *_start(dyno, run, settings))
    if not dyno.alive:
        return _first(_boot(fresh, settings), log)
    ending = _ending(dyno)
    booted, actions = _boot(replace(fresh, next=None, leaving=dyno.leaving | set(ending)), settings)
    # The router hears first that the old one is gone; the new one starts while the old one stops.
    return booted, (log, s.Route(), *(s.Retire(run) for run in ending), *actions)


def _stopped(dyno: Dyno, *, forget: bool) -> Step:
    ending = _ending(dyno)
    down, logs = _move(dyno, DynoState.DOWN)
    now = replace(down, next=None, wanted=not forget, leaving=dyno.leaving | set(ending))
    return now, (*logs, s.Route(), *(s.Retire(run) for run in ending), *_forgotten(now))


def _asleep(dyno: Dyno) -> Step:
    if dyno.state is not DynoState.UP or dyno.kind is not Kind.WEB:
        return dyno, ()
    ending = _ending(dyno)
    idle, logs = _move(dyno, DynoState.IDLE)
    now = replace(idle, next=None, leaving=dyno.leaving | set(ending))
    return now, (s.Log("Idling"), *logs, s.Route(), *(s.Retire(run) for run in ending))


def _terminated(dyno: Dyno, run: int, settings: DynoSettings) -> Step:
    if run not in dyno.leaving:
        return dyno, ()
    log = s.Log("Stopping all processes with SIGTERM")
    return dyno, (log, s.Terminate(run), s.Arm(s.Timer.GRACE, run, settings.grace))


def _rang(dyno: Dyno, timer: s.Timer, run: int, settings: DynoSettings) -> Step:  # noqa: PLR0911 - a table
    match timer:
        case s.Timer.BOOT if (run == dyno.run and dyno.state is DynoState.STARTING) or run == dyno.next:
            text = f"Web process failed to bind to $PORT within {settings.boot:g} seconds of launch"
            return dyno, (*_error("R10", "Boot timeout", text), s.Log("Stopping process with SIGKILL"), s.Kill(run))
        case s.Timer.GRACE if run in dyno.leaving:
            text = f"At least one process failed to exit within {settings.grace:g} seconds of SIGTERM"
            killed = (s.Log("Stopping remaining processes with SIGKILL"), s.Kill(run))
            return dyno, (*_error("R12", "Exit timeout", text), *killed)
        case s.Timer.BACKOFF if run == dyno.made and dyno.wanted:
            if dyno.state is DynoState.CRASHED:
                return _boot(dyno, settings)
            if dyno.state is DynoState.UP and dyno.next is None and dyno.run != dyno.made:
                again, actions = _restarted(dyno, settings, "Restarting")
                return replace(again, crashes=dyno.crashes), actions
        case s.Timer.CYCLE if run == dyno.run and dyno.state is DynoState.UP:
            if dyno.kind is Kind.ONEOFF:
                return _first(_stopped(dyno, forget=True), s.Log("Cycling"))
            return _restarted(dyno, settings, "Cycling")
        case s.Timer.HEALTHY if run == dyno.run and dyno.state is DynoState.UP:
            return replace(dyno, crashes=0), ()
        case _:
            pass
    return dyno, ()


def _over_quota(dyno: Dyno, measured: s.MemoryMeasured, settings: DynoSettings) -> tuple[s.Action, ...]:
    quota = dyno.size.memory << 20
    far = int(quota * settings.memory_kill)
    size = max(measured.size, far) if measured.killed else measured.size
    if size <= quota or measured.run not in {dyno.run, dyno.next}:
        return ()
    running = s.Log(f"Process running mem={size >> 20}M({size * 100 / quota:.1f}%)")
    if size <= far and not measured.killed:
        return (running, *_error("R14", "Memory quota exceeded"))
    killed = (s.Log("Stopping process with SIGKILL"), s.Kill(measured.run))
    return (running, *_error("R15", "Memory quota vastly exceeded"), *killed)


def _move(dyno: Dyno, state: DynoState) -> tuple[Dyno, tuple[s.Action, ...]]:
    if dyno.state is state:
        return dyno, ()
    log = s.Log(f"State changed from {_spoken(dyno.state)} to {_spoken(state)}")
    return replace(dyno, state=state), (log,)


def _spoken(state: DynoState) -> str:
    """Heroku's log says `down` of a sleeping dyno, where its listing says `idle`."""
    return DynoState.DOWN if state is DynoState.IDLE else state


def _ending(dyno: Dyno) -> tuple[int, ...]:
    current = (dyno.run,) if dyno.alive and dyno.run else ()
    return current if dyno.next is None else (*current, dyno.next)


def _forgotten(dyno: Dyno) -> tuple[s.Action, ...]:
    return (s.Forget(),) if not dyno.wanted and not dyno.leaving and not dyno.alive else ()


def _error(code: str, title: str, text: str = "") -> tuple[s.Action, ...]:
    return (s.Log(f"Error {code} ({title})" + (f" -> {text}" if text else "")),)


def _first(step: Step, *actions: s.Action) -> Step:
    return step[0], (*actions, *step[1])
