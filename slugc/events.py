"""What happens during a build, as values. Renderers turn them into text; nothing else prints."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from slugc.model.slug import Slug


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStarted:
    """The source, the stack and the walls are known; buildpacks are asked next."""

    kind: ClassVar[str] = "build.started"
    source: str
    stack: str
    isolation: str
    """`bubblewrap`, or `none: REASON`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`-----> text`: slugc itself, or a buildpack's own heading."""

    kind: ClassVar[str] = "step"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A line of a buildpack's output, or a detail under a step. `text` has no line end; bytes that are not
    UTF-8 arrive as U+FFFD."""

    kind: ClassVar[str] = "output"
    text: str
    buildpack: str | None = None
    """The child that printed it; None for slugc's own details. A child's text is untrusted."""
    stream: str = "stdout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """` !     text`, with what to do about it."""

    kind: ClassVar[str] = "warning"
    text: str
    hint: str = ""
    file: str | None = None
    line: int | None = None
    buildpack: str | None = None
    """The child that printed it; None where slugc itself warns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackTried:
    """One bin/detect came to an end."""

    kind: ClassVar[str] = "detect.tried"
    buildpack: str
    passed: bool
    code: int
    """Its exit code."""
    name: str = ""
    """What it printed on stdout, where it passed."""
    stderr: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResolved:
    """The buildpacks that will run, in order."""

    kind: ClassVar[str] = "detect.resolved"
    buildpacks: tuple[str, ...]
    explicit: bool
    """True where somebody named them; false where detection chose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackStarted:
    """A buildpack begins to transform the tree."""

    kind: ClassVar[str] = "buildpack.started"
    buildpack: str
    name: str
    """What its bin/detect printed."""
    position: int
    """From 1 to `total`."""
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackFinished:
    """It has succeeded."""

    kind: ClassVar[str] = "buildpack.finished"
    buildpack: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheDiscarded:
    """Something of an earlier build is not used again."""

    kind: ClassVar[str] = "cache.discarded"
    what: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTypesFound:
    """What the slug can run."""

    kind: ClassVar[str] = "release.process_types"
    procfile: tuple[str, ...]
    defaults: tuple[str, ...]
    """Those that the buildpacks declare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A long copy or pack; drawn only on a terminal, and never logged."""

    kind: ClassVar[str] = "progress"
    what: str
    done: int
    total: int
    unit: str = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlugPacked:
    """The slug is written, and not yet in the store."""

    kind: ClassVar[str] = "slug.packed"
    digest: str
    """The content digest."""
    size: int
    """Bytes."""
    files: int
    frames_reused: int = 0
    """Of `frames`, how many were copied from the previous slug."""
    frames: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingChanged:
    """The build was a no-op: the previous slug is the answer."""

    kind: ClassVar[str] = "build.unchanged"
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsChanged:
    """Why the buildpacks run again."""

    kind: ClassVar[str] = "build.changed"
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFinished:
    """The last event of a build that succeeded."""

    kind: ClassVar[str] = "build.finished"
    slug: Slug
    process_types: tuple[str, ...]
    seconds: float = 0.0
    reused: bool = False
    """True where nothing had changed: the slug is the previous one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFailed:
    """The last event of a build that did not succeed: docs/reference/errors.md lists the codes."""

    kind: ClassVar[str] = "build.failed"
    code: str
    summary: str
    detail: str = ""
    hint: str = ""


Event = (
    BuildStarted
    | Step
    | Output
    | Warned
    | BuildpackTried
    | GroupResolved
    | BuildpackStarted
    | BuildpackFinished
    | CacheDiscarded
    | ProcessTypesFound
    | Progress
    | SlugPacked
    | NothingChanged
    | InputsChanged
    | BuildFinished
    | BuildFailed
)
Emit = Callable[[Event], None]


def silent(event: Event) -> None:
    """The default listener: none."""
