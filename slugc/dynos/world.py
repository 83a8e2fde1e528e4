"""What a supervisor is given: where dynos stand, who hears them, who routes to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from slugc.dynos.launch import PATH, sandbox_spec
from slugc.host.processes import Command
from slugc.model.dyno import DynoName, DynoPlan
from slugc.model.mount import Mount
from slugc.model.route import AppState
from slugc.sandbox.spec import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where dynos stand: the walls round them, and the stack under them."""

    engine: Engine
    mounts: tuple[Mount, ...]
    """The stack's run variant."""
    path: str = PATH

    def command(self, plan: DynoPlan, *, terminal: bool = False) -> Command:
        """The command that starts the dyno of `plan`."""
        layers = plan.tree / "layers"
        spec = sandbox_spec(
            plan,
            mounts=self.mounts,
            path=self.path,
            layers=layers if layers.is_dir() else None,
            terminal=terminal,
        )
        return self.engine.command(spec)


class Sink(Protocol):
    """Who hears the dynos. Neither call may wait."""

    def write(self, source: str, dyno: str, data: bytes) -> None:
        """Raw output of a dyno, in chunks of any size: source `app`."""
        ...

    def event(self, source: str, dyno: str, text: str) -> None:
        """One line of the platform about a dyno: source `heroku`."""
        ...


class Traffic(Protocol):
    """The part of a router that a supervisor drives; slugc.router.protocol says what each call means."""

    async def set_dynos(self, app: str, dynos: Mapping[DynoName, int]) -> None: ...

    async def set_state(self, app: str, state: AppState) -> None: ...

    def last_request_at(self, app: str) -> float | None: ...

    async def in_flight(self, app: str) -> int: ...
