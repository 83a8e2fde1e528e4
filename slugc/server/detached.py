"""`platform start --detach`: the same process, without a terminal."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from slugc.errors.platform import PlatformDidNotStart, PlatformOfAnotherUser, PlatformSilent, Refused
from slugc.host.home import Home
from slugc.host.unix_http import call
from slugc.server import ownership

START_SECONDS = 120.0
ANSWER_SECONDS = 10.0
TERM_SECONDS = 60.0
"""As long as dynos and servers of add-ons may take to end, and some more."""
TAIL = 2_000


def start(home: Home, words: Sequence[str]) -> dict[str, Any]:
    """Start `slugc platform start WORDS` in a session of its own, and wait until it answers: its facts.

    Raises PlatformAlreadyRuns, PlatformDidNotStart, and with Refused what the process itself ended with.
    """
    log = ownership.log_path(home)
    home.state.mkdir(parents=True, exist_ok=True)
    home.state.chmod(0o700)
    # Looked at first for the sake of its message; the child takes the lock for itself.
    os.close(ownership.take(home))
    began = log.stat().st_size if log.exists() else 0
    with log.open("ab") as out:
        log.chmod(0o600)
        child = subprocess.Popen(
            [sys.executable, "-m", "slugc", "platform", "start", *words, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            env={**os.environ, "SLUGC_HOME": str(home.root)},
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        facts = answering(home)
        if facts is not None:
            child.returncode = 0  # it goes on without us; Popen must not complain about that
            return facts
        if child.poll() is not None:
            break
        time.sleep(0.05)
    tail = log.read_bytes()[began:][-TAIL:].decode(errors="replace").strip()
    if failure := _failure(tail):
        raise Refused({**failure, "exit_code": child.returncode})
    raise PlatformDidNotStart(log=str(log), tail=tail or f"It did not answer within {START_SECONDS:.0f} seconds.")


def _failure(tail: str) -> dict[str, str] | None:
    """The error that the process ended with, as an answer of the platform would spell it; None for a traceback."""
    try:
        event = json.loads(tail.rpartition("\n")[2])
        return {"id": event["code"], "message": event["summary"], "detail": event["detail"], "hint": event["hint"]}
    except (ValueError, KeyError, TypeError):
        return None


def answering(home: Home) -> dict[str, Any] | None:
    """The facts of the platform that runs there; None where none answers. Raises PlatformOfAnotherUser."""
    socket = ownership.socket_path(home)
    try:
        status, facts = call(socket, "GET", "/platform", timeout=ANSWER_SECONDS)
    except PermissionError as error:
        raise PlatformOfAnotherUser(socket=str(socket)) from error
    except OSError:
        return None
    return facts if status == 200 and isinstance(facts, dict) else None


def facts_of(home: Home) -> dict[str, Any] | None:
    """As `answering`. Raises PlatformSilent where a platform runs that does not answer."""
    facts = answering(home)
    if facts is None and (pid := ownership.holder(home)) is not None:
        raise PlatformSilent(pid=pid, seconds=ANSWER_SECONDS)
    return facts


def stop(home: Home) -> int | None:
    """Ask the platform to end and wait until it has: its pid; None where none runs.

    One that does not answer gets SIGTERM, which it heeds while it starts. Raises PlatformOfAnotherUser,
    PlatformSilent."""
    facts = answering(home)
    if facts is not None:
        call(ownership.socket_path(home), "POST", "/platform/actions/stop", {}, timeout=ANSWER_SECONDS)
        while ownership.holder(home) is not None:
            time.sleep(0.05)
        return int(facts["pid"])
    pid = ownership.holder(home)
    if pid is None:
        return None
    if pid.isdecimal():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGTERM)
        deadline = time.monotonic() + TERM_SECONDS
        while time.monotonic() < deadline:
            if ownership.holder(home) is None:
                return int(pid)
            time.sleep(0.05)
    raise PlatformSilent(pid=pid, seconds=TERM_SECONDS)
