"""One-off dynos and served apps, started the way a user starts them: by the command line."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.dynos.ports import Ports
from slugc.host.processes import Command, capture

if TYPE_CHECKING:
    import httpx

BOOT_SECONDS = 120.0
GRACE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A one-off dyno that has ended."""

    exit: int
    """The exit code; 128 + N where signal N ended it."""
    stdout: str
    stderr: str
    """Of slugc and of the command."""


class DidNotBoot(AssertionError):
    """The app ended, or nothing listened within BOOT_SECONDS; `log` has what it printed."""

    def __init__(self, log: str) -> None:
        super().__init__(f"the app did not boot:\n{log}")
        self.log = log


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """An app that answers on the loopback interface."""

    url: str
    """Without a slash at the end."""
    log_file: Path

    @property
    def log(self) -> str:
        """The collated log of its dynos and its router so far: whole when the app has ended, for a line may follow the
        answer that it is about."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str = "/") -> "httpx.Response":
        """One request; redirects are not followed."""
        import httpx

        return httpx.get(self.url + path, timeout=60, trust_env=False)


def run(slug: Path, words: Sequence[str], *, config: Mapping[str, str], environ: Mapping[str, str]) -> Ran:
    argv = (sys.executable, "-m", "slugc", "run", *_options(config), str(slug), "--", *words)
    completed, stdout, stderr = capture(Command(argv=argv, env=environ))
    return Ran(exit=completed.status, stdout=stdout, stderr=stderr)


@contextlib.contextmanager
def serving(
    slug: Path, *, process: str, config: Mapping[str, str], environ: Mapping[str, str], scratch: Path
) -> Iterator[Serving]:
    """One dyno of a process type behind the router, until the end of the block. Raises DidNotBoot."""
    port = Ports().take()
    argv = [sys.executable, "-m", "slugc", "start", str(slug), "--port", str(port), "-m", f"{process}=1"]
    served = Serving(url=f"http://127.0.0.1:{port}", log_file=scratch / f"serving-{port}.log")
    with served.log_file.open("wb") as log:
        child = subprocess.Popen(
            [*argv, *_options(config)], env=dict(environ), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _wait_for(served, child)
        yield served
    finally:
        child.terminate()
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_for(served: Serving, child: "subprocess.Popen[bytes]") -> None:
    """`slugc start` prints the URL on a line of its own as soon as its process listens."""
    until = time.monotonic() + BOOT_SECONDS
    while served.url not in served.log.splitlines():
        if child.poll() is not None or time.monotonic() > until:
            raise DidNotBoot(served.log)
        time.sleep(0.05)


def _options(config: Mapping[str, str]) -> list[str]:
    return [word for name, value in config.items() for word in ("-e", f"{name}={value}")]
