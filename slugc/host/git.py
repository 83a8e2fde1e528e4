"""git, as the caller: his credentials and configuration, but never a prompt, a hook or somebody else's GIT_DIR."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from slugc.host.git_login import environment, without_login

SECONDS = 300.0


class GitFailed(Exception):
    """Facts of a failed git command: `reason` is the last line that it said."""

    def __init__(self, *, argv: Sequence[str], reason: str, output: str = "") -> None:
        super().__init__(reason)
        self.argv, self.reason, self.output = tuple(argv), reason, output


def git(
    *args: str, cwd: Path | None = None, index: Path | None = None, seconds: float = SECONDS, server: str = ""
) -> bytes:
    """Run git to its end and return its stdout. `server`: the address that it talks to, whose login does not become
    an argument; where `args` hold that address, it stands there without its login.

    Raises GitFailed, also where git is not installed.
    """
    program = shutil.which("git")
    if program is None:
        raise GitFailed(argv=args, reason="git is not installed")
    # GIT_DIR and its family leak from hooks (`git push` runs them) and would point at another repository.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or _harmless(name)}
    env |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", "GIT_OPTIONAL_LOCKS": "0"}
    env.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    if index is not None:
        env["GIT_INDEX_FILE"] = str(index)
    env |= environment(server, env)
    args = tuple(without_login(word) if word == server else word for word in args)
    argv = [program, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", *args]
    try:
        done = subprocess.run(
            argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise GitFailed(argv=args, reason=f"no answer within {seconds:.0f} seconds") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise GitFailed(argv=args, reason=_reason(said) or f"exit code {done.returncode}", output=said)
    return done.stdout


def _harmless(name: str) -> bool:
    return name.startswith(("GIT_SSH", "GIT_CONFIG", "GIT_PROXY", "GIT_SSL", "GIT_ASKPASS", "GIT_HTTP", "GIT_ALLOW"))


def _reason(said: str) -> str:
    """The line that says why: the first `fatal:` or `error:`, else the last one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for line in lines:
        if line.startswith(("fatal: ", "error: ")):
            return line.split(": ", 1)[1]
    return lines[-1] if lines else ""
