"""Dynos as values: names, sizes, what one of them is to run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from slugc.model.process import ProcessType

_NAME = re.compile(r"([-\w]{1,128})\.(\d+)")


@dataclass(frozen=True, slots=True, order=True)
class DynoName:
    """`web.1`: a process type and an ordinal."""

    type: str
    index: int

    @classmethod
    def parse(cls, text: str) -> "DynoName | None":
        match = _NAME.fullmatch(text)
        return cls(match[1], int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.type}.{self.index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DynoSize:
    """A size and its memory quota in MiB; R14 above it, R15 above `kill` times it."""

    name: str
    memory: int
    cpu_shares: int = 1
    max_processes: int = 256


SIZES: Mapping[str, DynoSize] = {
    size.name: size
    for size in (
        DynoSize(name="eco", memory=512),
        DynoSize(name="basic", memory=512),
        DynoSize(name="standard-1x", memory=512),
        DynoSize(name="standard-2x", memory=1024, cpu_shares=2, max_processes=512),
        DynoSize(name="performance-m", memory=2560, cpu_shares=4, max_processes=16384),
        DynoSize(name="performance-l", memory=14336, cpu_shares=8, max_processes=32768),
    )
}
DEFAULT_SIZE = SIZES["standard-1x"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DynoPlan:
    """All that is needed to start one dyno."""

    name: DynoName
    process: ProcessType
    args: tuple[str, ...] = ()
    """A user's own arguments: appended to shell text, in place of `process.args` for direct processes."""
    tree: Path
    """The unpacked slug, shared and read-only: holds app/ and, for Cloud Native, layers/."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Config vars and platform variables (PORT, DYNO...). Data: never pasted into shell text."""
    port: int | None = None
    size: DynoSize = DEFAULT_SIZE
    network: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootable:
    """A release as dynos need it: an unpacked slug, its process types, and the variables they get."""

    app: str
    version: int
    tree: Path
    """The unpacked slug, as in DynoPlan."""
    processes: tuple[ProcessType, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """The slug's default config vars under the release's own, then dyno metadata. Data."""

    def process(self, name: str) -> ProcessType | None:
        return next((process for process in self.processes if process.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """How many dynos of one process type, and of which size."""

    count: int
    size: DynoSize = DEFAULT_SIZE

    def __str__(self) -> str:
        return f"{self.count}:{self.size.name}"


Formation = Mapping[str, Quantity]
"""Process type to quantity."""


class DynoState(StrEnum):
    STARTING = "starting"
    UP = "up"
    IDLE = "idle"
    CRASHED = "crashed"
    DOWN = "down"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class DynoStatus:
    """One row of `slugc ps`."""

    name: str
    type: str
    state: DynoState
    size: str
    command: str
    release: int
    """The version its process runs."""
    since: datetime
    """When it came into this state; UTC."""
    port: int | None = None
    pid: int | None = None
    """The process on this machine that holds the dyno: its sandbox."""
