"""The words of the runtime sources: what is wanted, what a source offers, and how a language makes a tree of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from slugc_buildpack.build import Build
from slugc_buildpack.versions import Spec


class Unavailable(Exception):
    """A source cannot serve: `reason` is half a sentence; `offers` are the versions it has instead.

    unused: nobody set it up here, which is worth a word only where no other source serves.
    """

    def __init__(self, reason: str, *, offers: tuple[str, ...] = (), unused: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.offers, self.unused = reason, offers, unused


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One version of a runtime that a source can serve, not fetched yet."""

    language: str
    version: str
    source: str
    """`mirror`, `npm`, `pypi`, `apt`, `host` ..."""
    uri: str
    """What exactly is served; goes into the manifest, so it names no path of this machine."""
    digest: str = ""
    """`sha256:...` or `sha512:...` as the source promises it; empty where it is known after the fetch only."""
    details: Mapping[str, str] = field(default_factory=dict)
    """The source's own notes for `fetch` (real URLs, local paths); not recorded."""

    @property
    def identity(self) -> str:
        return f"{self.language}\n{self.version}\n{self.source}\n{self.uri}\n{self.digest}"


class Source(Protocol):
    @property
    def name(self) -> str: ...

    def find(self, spec: Spec, build: Build) -> Artifact:
        """The newest version that `spec` admits. Raises Unavailable; answers or gives up within seconds."""
        ...

    def fetch(self, artifact: Artifact, into: Path, build: Build) -> str:
        """Lay the runtime out in the empty folder `into` (bin/, lib/ ...) and return the digest of what was
        served. Contents are verified before they are used. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a language adds to the shared mechanism."""

    language: str
    """`python`: also the name of its folder in the store."""
    title: str
    """`Python`, for sentences."""
    sources: tuple[Source, ...]
    """In order of preference."""
    shape: Callable[[Path, Artifact, Build], None] = lambda tree, artifact, build: None  # noqa: ARG005 - a no-op
    """The language's own step after the common normaliser: prune, rewrite prefixes, repair scripts."""
    smoke: tuple[tuple[str, ...], ...] = ()
    """Commands that must end with 0; the first word is relative to the tree: ("bin/node", "-p", "1")."""
    smoke_env: Callable[[Path], Mapping[str, str]] = lambda tree: {}  # noqa: ARG005 - a no-op
    """Variables the smoke test needs, given the tree."""
    keep_ca_store: bool = False
    """Java's lib/security/cacerts is a CA store that the language cannot do without."""
    intact: bool = False
    """True for a tool of the build that checks its own files: jlink refuses a JDK that was stripped or pruned."""
    ignore_unmet: Callable[[str], bool] = lambda sentence: False  # noqa: ARG005 - a no-op
    """True for an unmet library that does not matter (X11 for a headless JVM)."""
    builds: Callable[[str], bool] = lambda version: True  # noqa: ARG005 - all of them
    """False for a version that the buildpack refuses, though a source has it: nobody is told to ask for that one."""
    revision: str = "1"
    """Raise it when `shape` changes: older trees in the store are then not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    version: str
    source: str
    uri: str
    digest: str
    key: str
    """Names the normalised tree: put it into cache keys."""
    tree: Path
    """The shared copy in the store. Read-only by agreement."""
