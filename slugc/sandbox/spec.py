"""What a child process is given: an argument vector, a whole environment, a file system, and walls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from slugc.host.processes import Command


class MountKind(StrEnum):
    READ_ONLY = "read-only"
    WRITABLE = "writable"
    SCRATCH = "scratch"
    """A fresh tmpfs; `source` is None."""
    OVERLAY = "overlay"
    """`source` is the read-only lower layer; writes go to `upper`, or to memory where `upper` is None."""
    DATA = "data"
    """A small read-only file with `data`'s bytes."""
    LINK = "link"
    """A symbolic link whose text is `data`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One thing at one absolute path inside. Later mounts cover earlier ones."""

    kind: MountKind
    target: str
    source: Path | None = None
    upper: Path | None = None
    """OVERLAY on disk: a folder that the engine may fill with `upper/` and `work/`."""
    data: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds by rlimit; None leaves what the caller has. Memory is bounded by a cgroup where one is given."""

    processes: int | None = None
    memory: int | None = None
    """Bytes of address space."""
    file_size: int | None = None
    open_files: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSpec:
    """Everything one child sees. Nothing of the caller's own environment or file system is added by an engine.

    `argv`, `cwd`, `env` values and mount targets are paths *inside*. The no-isolation engine cannot mount: it
    rewrites the paths that stand in argv, cwd and env by its own table (longest target first).
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
    """The child's stdio is a terminal made for it."""


class Engine(Protocol):
    """Turns a spec into a command for host.processes (or an asyncio spawner). It starts nothing by itself."""

    @property
    def name(self) -> str:
        """`bubblewrap` or `none`; recorded in the manifest."""
        ...

    def command(self, spec: SandboxSpec) -> Command: ...

    def outside(self, spec: SandboxSpec, path: str) -> str:
        """The path a child of this spec must be told for `path`: itself where mounts work, else the source's."""
        ...
