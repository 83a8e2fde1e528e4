"""What a supervisor is given: where dynos stand, who hears them, who routes to them."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from slugc.dynos.launch import PATH, process_type, sandbox_spec
from slugc.host.processes import Command
from slugc.model.dyno import DynoName, DynoPlan
from slugc.model.mount import Mount, MountKind
from slugc.model.route import AppState
from slugc.sandbox.cgroups import Bounds, Group, Offer, make
from slugc.sandbox.spec import Engine
from slugc.stack.gathered import Kept

if TYPE_CHECKING:
    from slugc.dynos.launch_layers import LaunchLayers

PLATFORM = "heroku"
"""The source of the platform's own lines in the log, as whoever reads logs of the hosted platform knows it."""
PROFILES = "/etc/profile.d"
WITHOUT_WALLS = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A dyno that is ready to be started, in the control group that bounds it, where this machine has one."""

    command: Command
    group: Group | None = None

    def remove(self) -> None:
        """Give back what it took; its processes must have ended."""
        if self.group is not None:
            self.group.remove()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where dynos stand: the walls round them, the stack under them, and what bounds them."""

    engine: Engine
    mounts: tuple[Mount, ...]
    """The stack's run variant."""
    kept: Kept | None = None
    """Asked at each start, instead of `mounts`, where many dynos start."""
    path: str = PATH
    offer: Offer | None = None
    """Control groups; without them rlimits and the supervisor's own measuring are all there is."""
    memory_kill: float = 2.0
    """Times the quota: where the kernel ends what grows faster than anybody measures (R15)."""

    def place(self, plan: DynoPlan, *, terminal: bool = False) -> Placed:
        """All that starts the dyno of `plan`. A control group is made; Placed.remove ends it.

        Raises OSError where /etc cannot be copied, and StackNeedsIsolation; then no group is left."""
        mounts = self.kept.mounts() if self.kept else self.mounts
        group = self._group(plan)
        try:
            bounded = group is not None and "pids" in group.folders
            command = self._command(plan, mounts, bounded=bounded, terminal=terminal)
        except BaseException:
            if group is not None:
                group.remove()
            raise
        return Placed(command=command, group=group)

    def _command(self, plan: DynoPlan, mounts: Sequence[Mount], *, bounded: bool, terminal: bool) -> Command:
        layers = plan.tree / "layers"
        native = layers.is_dir()
        spec = sandbox_spec(
            plan,
            mounts=mounts,
            path=self.path,
            layers=layers if native else None,
            launch=_read(layers, plan) if native else None,
            # Without walls the system's own /etc is there, whatever the mounts say.
            profiles=self.engine.name == WITHOUT_WALLS or has_profiles(plan.tree / "app", mounts),
            bounded=bounded,
            terminal=terminal,
        )
        return self.engine.command(spec)

    def _group(self, plan: DynoPlan) -> Group | None:
        if self.offer is None:
            return None
        bounds = Bounds(
            memory=int((plan.size.memory << 20) * self.memory_kill),
            processes=plan.size.max_processes,
            cpu_shares=plan.size.cpu_shares,
        )
        return make(f"{plan.name}-{secrets.token_hex(4)}", bounds, offer=self.offer)


def has_profiles(app: Path, mounts: Sequence[Mount]) -> bool:
    """Whether a dyno of this tree may find a profile script: the app's, or the stack's in /etc/profile.d."""
    if any(os.path.lexists(f"{app}/{name}") for name in (".profile", ".profile.d")):
        return True
    for mount in mounts:
        above = f"{mount.target.rstrip('/')}/"
        if mount.target.startswith(PROFILES) or (PROFILES.startswith(above) and mount.kind is MountKind.LINK):
            return True
        if PROFILES.startswith(above) and os.path.lexists(f"{mount.source}/{PROFILES.removeprefix(above)}"):
            return True
    return False


def _read(layers: Path, plan: DynoPlan) -> "LaunchLayers":
    """Imported here: most slugs have no such layers, and `slugc run` should not wait for their reader."""
    from slugc.dynos import launch_layers

    return launch_layers.read(layers, process_type(plan))


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
