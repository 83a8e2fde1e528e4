"""What a fixture promises of its build: the values of an expect.toml (docs/reference/fixtures.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What must be on this machine, or the fixture is left out."""

    programs: tuple[str, ...] = ()
    host_python: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is done in a copy of the app before it is built."""

    commands: tuple[tuple[str, ...], ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A folder behind HTTP while the builds run, and the config var that tells them its URL."""

    folder: str
    variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The options of the build."""

    buildpacks: tuple[str, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    runtime_source: str | None = None
    timeout: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Texts of a transcript: these in this order, and those nowhere."""

    contains: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    code: str
    contains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A request to a process of the slug, and its answer."""

    path: str = "/"
    status: int = 200
    contains: str = ""
    process: str = "web"
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOff:
    command: tuple[str, ...]
    exit: int = 0
    contains: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """Edits, and what the build after them says. Without any, the buildpacks run though nothing changed."""

    files: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] | None = None
    said: Said = field(default_factory=Said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the slug is like."""

    files: tuple[str, ...] = ()
    """Paths below /app."""
    absent: tuple[str, ...] = ()
    runtimes: tuple[str, ...] = ()
    addons: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    """Config vars whose values may stand nowhere: not in the slug, the cache, or the transcript."""
    deterministic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    about: str
    needs: Needs = field(default_factory=Needs)
    prepare: Prepared = field(default_factory=Prepared)
    serve: Served | None = None
    build: Chosen = field(default_factory=Chosen)
    detect: str | None = None
    """A name that a taking part bin/detect printed."""
    processes: Mapping[str, str] = field(default_factory=dict)
    transcript: Said = field(default_factory=Said)
    error: Failure | None = None
    http: tuple[Page, ...] = ()
    run: tuple[OneOff, ...] = ()
    rebuild: tuple[Rebuild, ...] = ()
    slug: Content = field(default_factory=Content)
