"""Children that belong to one owner: marked, and ended with it whatever ends it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from slugc.host.processes import Command, with_env
from slugc.sandbox import undertaker
from slugc.sandbox.spec import Engine, SandboxSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """An engine whose children carry the owner's mark. It is the environment of the engine's own process; what
    runs inside the walls does not see it."""

    engine: Engine
    owner: str

    @property
    def name(self) -> str:
        return self.engine.name

    def command(self, spec: SandboxSpec) -> Command:
        return with_env(self.engine.command(spec), {undertaker.MARK: self.owner})

    def outside(self, spec: SandboxSpec, path: str) -> str:
        return self.engine.outside(spec, path)


@contextlib.contextmanager
def undertaken(owner: str) -> Iterator[None]:
    """End whatever an earlier process of this owner left, and engage the undertaker for this one.

    Children that are not started by an engine inherit the mark from os.environ. At the end the undertaker has
    gone, too.
    """
    # Twice: a child that is amid its exec has no environment to read yet.
    undertaker.sweep(owner, scans=2)
    os.environ[undertaker.MARK] = owner
    reader, writer = os.pipe2(os.O_CLOEXEC)
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(undertaker.__file__), owner],
        stdin=reader,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    os.close(reader)
    try:
        yield
    finally:
        with contextlib.suppress(BrokenPipeError):
            os.write(writer, b".")
        os.close(writer)
        process.wait()
        os.environ.pop(undertaker.MARK, None)
