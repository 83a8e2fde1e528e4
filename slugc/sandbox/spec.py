"""What a child process is given: an argument vector, a whole environment, a file system, and walls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from slugc.host.processes import Command
from slugc.model.mount import Mount, MountKind

__all__ = ["Engine", "Limits", "Mount", "MountKind", "SandboxSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds by rlimit; None leaves what the caller has. Memory is bounded by a cgroup where one is given."""

    processes: int | None = None
    """Counted inside the sandbox. The kernel never counts root's own: there only a cgroup bounds them."""
    memory: int | None = None
    """Bytes of address space."""
    file_size: int | None = None
    """Bytes."""
    open_files: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSpec:
    """Everything one child sees. Nothing of the caller's own environment or file system is added by an engine.

    `argv`, `cwd`, `env` values and mount targets are paths *inside*. The no-isolation engine cannot mount: it
    rewrites the paths that stand in argv, cwd and env by its own table (longest target first). An engine adds
    /proc and /dev by itself; everything else, /tmp included, stands in `mounts`.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    mounts: tuple[Mount, ...] = ()
    network: bool = True
    limits: Limits = field(default_factory=Limits)
    hostname: str = "slugc"
    uid: int = 1000
    gid: int = 1000
    terminal: bool = False
    """The child's stdio is a pseudo-terminal made for it, and the spawner has made it the controlling one of a
    new session (setsid, TIOCSCTTY). The engine then makes no session of its own, so that Ctrl-C works; the
    first program inside must put the command in a process group of its own (bash: `set -m; "$@"; exit $?`), or
    Ctrl-C ends the engine itself before the command can handle it."""


class Engine(Protocol):
    """Turns a spec into a command for host.processes (or an asyncio spawner). It starts nothing by itself.

    The started process must be spawned from a thread that lives as long as it does: the kernel ties "die with
    the parent" to the thread. SIGKILL to it ends everything inside; any other signal is for the processes that it
    began, and not for the engine's own.
    """

    @property
    def name(self) -> str:
        """`bubblewrap` or `none`; recorded in the manifest."""
        ...

    def command(self, spec: SandboxSpec) -> Command: ...

    def outside(self, spec: SandboxSpec, path: str) -> str:
        """The path a child of this spec must be told for `path`: itself where mounts work, else the source's."""
        ...
