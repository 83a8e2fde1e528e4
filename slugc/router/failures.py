"""Why a request got no proper answer: Heroku's H-codes, and how each one is recognised. Pure.

Two sources of truth. A request that no dyno could take was answered by slugc, which knew why (`verdict`); for all
others HAProxy's termination state says who ended it and in which phase (`classify`).
"""

from dataclasses import dataclass
from enum import Enum

from slugc.model.route import AppState


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    code: str
    description: str
    status: int = 503
    level: str = "error"
    sock: str = ""
    """Which side went away, where Heroku's line says it."""
    dyno: bool = True
    """False: no dyno took part, and the line leaves dyno, connect, service and bytes empty."""


FAILURES = {
    failure.code: failure
    for failure in (
        Failure(code="H10", description="App crashed", dyno=False),
        Failure(code="H11", description="Backlog too deep", dyno=False),
        Failure(code="H12", description="Request timeout"),
        Failure(code="H13", description="Connection closed without response"),
        Failure(code="H14", description="No web processes running", dyno=False),
        Failure(code="H15", description="Idle connection"),
        Failure(code="H17", description="Poorly formatted HTTP response"),
        Failure(code="H18", description="Server Request Interrupted", sock="backend"),
        Failure(code="H19", description="Backend connection timeout"),
        Failure(code="H20", description="App boot timeout", dyno=False),
        Failure(code="H21", description="Backend connection refused"),
        Failure(code="H26", description="Request Error", status=400),
        Failure(code="H27", description="Client Request Interrupted", status=499, level="warning", sock="client"),
        Failure(code="H28", description="Client Connection Idle", status=499, level="warning", sock="client"),
        Failure(code="H80", description="Maintenance mode", level="info", dyno=False),
        Failure(code="H81", description="Blank app", level="info", dyno=False),
        Failure(code="H99", description="Platform error", dyno=False),
    )
}

# HAProxy's two letters: who ended the session (C client, S server, P proxy rule, R resources, I internal, K and D
# an operator or a downed server; lower case: that side's time ran out), and in which phase (R request, Q queue,
# C connect, H response head, D data, L last data).
_STATES = {
    "sQ": "H20",
    "sC": "H19",
    "SC": "H21",
    "sH": "H12",
    "SH": "H13",
    "PH": "H17",
    "sD": "H15",
    "SD": "H18",
    "KD": "H18",
    "DD": "H18",
    "CR": "H27",
    "CQ": "H27",
    "CC": "H27",
    "CH": "H27",
    "CD": "H27",
    "CL": "H27",
    "cR": "H28",
    "cH": "H28",
    "cD": "H28",
    "PR": "H26",
    "LR": "H26",
}
_UPGRADED = 101


def classify(*, state: str, code: str, status: int, dyno: str) -> Failure | None:
    """The failure behind a request's log record, or None for one that went well.

    state: HAProxy's termination state, two letters. code: what slugc itself answered with, or `-`.
    status: the response's. dyno: empty where none was chosen.
    """
    if code != "-":
        return FAILURES.get(code, FAILURES["H99"])
    if state == "--":
        return None
    if status == _UPGRADED:
        # Either side may hang up a websocket at any time: that is its normal end. Silence is not.
        return FAILURES["H15"] if state[0] in "sc" else None
    found = _STATES.get(state, "H99")
    if not dyno and FAILURES[found].dyno and found in {"H12", "H13", "H19", "H21"}:
        found = "H99"
    return FAILURES[found]


class Wait(Enum):
    """Verdicts that are not failures."""

    GO = "go"
    HOLD = "hold"
    WAKE = "wake"


def verdict(*, state: AppState, maintenance: bool, dynos: int) -> Failure | Wait:
    """What to tell a request that found no server: go on (one is there now), wait, wake the app, or fail."""
    if maintenance:
        return FAILURES["H80"]
    if dynos:
        return Wait.GO
    return _WITHOUT_DYNOS[state]


_WITHOUT_DYNOS: dict[AppState, Failure | Wait] = {
    AppState.BLANK: FAILURES["H81"],
    AppState.DOWN: FAILURES["H14"],
    AppState.CRASHED: FAILURES["H10"],
    AppState.IDLE: Wait.WAKE,
    AppState.STARTING: Wait.HOLD,
    AppState.UP: Wait.HOLD,
}
