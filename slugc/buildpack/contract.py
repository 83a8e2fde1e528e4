"""What a build asks of a buildpack, whichever API it speaks, and what it offers to it.

Every path of a Workshop is one outside the sandbox. How a child is started is the pipeline's business: a driver
says what to run and what must be seen, and gets back how it ended.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from slugc.events import Emit
from slugc.formats.release_yaml import ReleaseYaml
from slugc.host.processes import Completed, OnLine
from slugc.model.buildpack import Buildpack
from slugc.model.mount import Mount
from slugc.model.slug import RuntimeRecord, StackRecord

if TYPE_CHECKING:
    from slugc.formats.project_toml import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One script of a buildpack to run. `argv`, `cwd`, `env` values and mount targets are paths inside."""

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    mounts: tuple[Mount, ...] = ()
    """What it sees besides the stack's own files."""
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """One build's place of work."""

    app: Path
    """The source tree, which buildpacks transform in place."""
    layers: Path
    """Cloud Native launch layers; beside `app`."""
    cache: Path
    """Working copies of the caches: one folder per buildpack, swapped in after success only."""
    scratch: Path
    """For the drivers: what they put here is gone after the build."""
    config: Mapping[str, str]
    environment: Mapping[str, str]
    """What the caller's environment hands on: proxies, CA settings, package indexes."""
    mounts: tuple[Mount, ...]
    """What `environment` speaks of: certificate files."""
    stack: StackRecord
    source_version: str
    """The commit, or the source's digest where there is none."""
    mtime: int
    timeout: float
    network: bool
    runtimes: Path
    """Language runtimes that built-in buildpacks keep, shared between apps."""
    runtime_source: str | None
    walls: bool
    """False where children run without isolation."""
    interpreters: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """Installed languages of this user outside /usr, by built-in buildpack: `python` -> prefixes to copy from."""
    strict: bool = False
    """Cloud Native: follow the specification where the reference lifecycle differs."""
    build_config: Mapping[str, str] = field(default_factory=dict)
    """Cloud Native: the operator's env files by name, laid over everything else."""
    project: "Project | None" = None
    """The source's project.toml, which include and exclude may leave out of `app`."""
    target: str | None = None
    """Cloud Native: build for this target instead of the stack's own, e.g. `linux/amd64/ubuntu@24.04`."""
    run: Callable[[Job, OnLine], Completed]
    outside: Callable[[Job, str], str]
    """The path that a child of this job must be told for a path inside: itself, except without isolation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What bin/detect said. `code` 0: passed."""

    code: int
    name: str = ""
    stderr: str = ""
    seconds: float = 0.0
    problem: str | None = None
    """Why there is no verdict: it could not be started, or ran out of time."""

    @property
    def passed(self) -> bool:
        return self.code == 0 and self.problem is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a built-in buildpack reports of its own work, for the manifest and for rebuilds."""

    runtimes: tuple[RuntimeRecord, ...] = ()
    layers: Mapping[str, str] = field(default_factory=dict)
    """`runtime` or `dependencies` by path prefix, relative to the app."""
    reads: tuple[str, ...] | None = None
    """The config vars that it looked at; None: it does not say, so all of them count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """What earlier buildpacks hand on to later ones."""

    env: Mapping[str, str] = field(default_factory=dict)
    """Variables that their `export` scripts set."""
    prefixes: tuple[str, ...] = ()
    """Folders of the tree that were made for /app: later children see them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    exports: Exports
    facts: Facts = field(default_factory=Facts)


class Driver(Protocol):
    """A buildpack in one build."""

    @property
    def buildpack(self) -> Buildpack: ...

    def detect(self, shop: Workshop) -> Verdict:
        """Run bin/detect. Never raises for what the buildpack does."""
        ...

    def compile(self, shop: Workshop, exports: Exports, *, emit: Emit) -> Compiled:
        """Run bin/compile. Raises BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable."""
        ...

    def release(self, shop: Workshop, *, emit: Emit) -> ReleaseYaml | None:
        """Run bin/release, if it has one. Raises BuildpackFailed, BuildpackTimedOut, ReleaseUnreadable."""
        ...

    def report(self, shop: Workshop) -> None:
        """Run bin/report, if it has one, after success and failure, for what it does; what it prints is for platforms
        that count. Never raises."""
        ...
