"""A build as values: the request that starts it and the result it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.model.buildpack import Buildpack
from slugc.model.process import ProcessType
from slugc.model.slug import Slug, SourceRecord

if TYPE_CHECKING:
    from slugc.model.cloudnative import Descriptor, PlanEntry


class Isolation(StrEnum):
    """What the caller asks of the sandbox."""

    AUTO = "auto"
    REQUIRED = "required"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """Everything a caller may choose about one build."""

    source: str
    """A folder, a git reference (`.`, `./repo#commit`), or a tarball's path."""
    out: Path | None = None
    """Where to write the slug; the store under SLUGC_HOME always has it too."""
    buildpacks: tuple[str, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    """Config vars the buildpacks may read (ENV_DIR); never part of the slug."""
    stack: str = "host"
    isolation: Isolation = Isolation.AUTO
    network: bool = True
    timeout: float = 900.0
    """Seconds one buildpack's compile may take."""
    level: int = 3
    """zstd level."""
    app: str | None = None
    """Names the cache; default: the source's real path."""
    use_cache: bool = True
    """False (`--no-cache`): compile with an empty cache, and save nothing."""
    rebuild: bool = False
    """True (`--rebuild`): run the buildpacks though nothing changed."""
    runtime_source: str | None = None
    strict: bool = False
    """Follow the Cloud Native specification where the reference lifecycle differs."""
    target: str | None = None
    """Cloud Native: build for this target instead of the stack's own, e.g. `linux/amd64/ubuntu@24.04`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """A snapshot of the source, ready to be built: a private copy, .slugignore applied, no VCS litter."""

    root: Path
    record: SourceRecord
    mtime: int
    """SOURCE_DATE_EPOCH, else the commit's time, else 0; seconds."""
    files: int
    size: int
    notes: tuple[str, ...] = ()
    """What was left out and why: sockets, devices, ignored counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """A buildpack that passed, and the human name its bin/detect printed."""

    buildpack: Buildpack
    name: str
    descriptor: "Descriptor | None" = None
    """Cloud Native ones: the member of the group itself; `buildpack` may be the composite that brought it."""
    plan: "tuple[PlanEntry, ...]" = ()
    """Cloud Native ones: the plan of the whole group, the same for each member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseMetadata:
    """What the buildpacks and the Procfile say about running the slug (stage `release`)."""

    process_types: tuple[ProcessType, ...] = ()
    config_vars: Mapping[str, str] = field(default_factory=dict)
    addons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    slug: Slug
    reused: bool
    """True where nothing had changed and no buildpack ran."""
    reasons: tuple[str, ...] = ()
    """Why the buildpacks ran: each input that changed since the previous slug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one bin/detect said of one source."""

    buildpack: str
    """The reference as it was named."""
    id: str
    passed: bool
    code: int
    name: str = ""
    stderr: str = ""
    seconds: float = 0.0
    problem: str | None = None
    """Why there is no verdict: it could not be started, or ran out of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberExplained:
    """A member of a group, and what came of it."""

    id: str
    """With its version: `acme/node@1.0.0`."""
    optional: bool
    verdict: str
    """`pass`, `fail`, `skip` (an optional one that refused) or `err`."""
    code: int
    seconds: float
    output: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialExplained:
    """One combination of build plans: who was dropped from it and why, and what broke it (None: it holds)."""

    dropped: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupExplained:
    members: tuple[MemberExplained, ...]
    trials: tuple[TrialExplained, ...]
    problem: str | None
    """Why it was lost; None for the group that is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One row of the matrix: a source, and what the buildpacks said of it."""

    source: str
    forced: bool
    """True where the buildpacks were named: all of them must accept the source. False: the first one that does wins."""
    tried: tuple[Tried, ...]
    chosen: tuple[str, ...]
    """The ids of the buildpacks that would build it, in order; empty: none would."""
    groups: tuple[GroupExplained, ...] = ()
    """Lists with Cloud Native buildpacks: every group that was tried, in order."""
