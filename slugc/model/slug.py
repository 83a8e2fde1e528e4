"""The slug's manifest, `slug.json` (schema 1). docs/reference/slug.schema.json is generated from this module."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from slugc.model.buildpack import BuildpackRecord
from slugc.model.process import ProcessType

SCHEMA = 1


class LayerKind(StrEnum):
    RUNTIME = "runtime"
    DEPENDENCIES = "dependencies"
    APP = "app"
    LAUNCH = "launch"
    """A Cloud Native launch layer, under ./layers/."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One independent zstd frame. Offsets count from the end of the manifest's own frames: a manifest
    cannot know its own compressed length."""

    offset: int
    size: int
    tar_size: int
    """Bytes of tar stream inside."""
    digest: str
    """blake3 of the compressed bytes, so that a frame can be copied or refused without decompressing it."""
    content: str = ""
    """The same of the tar bytes: whether a rebuild may copy the frame is known without decompressing it."""
    continued: bool = False
    """True where it goes on with the file that the frame before it began; otherwise it starts with a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlugLayer:
    """Consecutive members of the archive that one owner made."""

    name: str
    owner: str
    """A buildpack id, or `source`."""
    kind: LayerKind
    digest: str
    """sha256 over the digests of its frames, in order."""
    files: int
    size: int
    """Bytes of file content, uncompressed."""
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """Where the source came from. `commit` and `dirty` are of the git tree, if it was one."""

    kind: str
    """`folder`, `git` or `tarball`."""
    digest: str
    """sha256 of the source tree after .slugignore (names, modes, link targets, contents)."""
    commit: str | None = None
    dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeRecord:
    """A language runtime inside the slug and the source that served it."""

    language: str
    version: str
    source: str
    """`mirror`, `npm`, `pypi`, `apt`, `host`."""
    uri: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRecord:
    name: str
    digest: str = ""
    os: str = "linux"
    arch: str = "x86_64"
    distro: str = ""
    distro_version: str = ""
    glibc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlugManifest:
    """Everything known of a slug without unpacking it. `digest` names the content: sha256 over the layers'
    digests and this manifest's own fields (the digest left out), so it is the same wherever it was built."""

    schema: int = SCHEMA
    digest: str
    stack: StackRecord
    isolation: str
    """The isolation its build had: `bubblewrap` or `none`."""
    source: SourceRecord
    buildpacks: tuple[BuildpackRecord, ...]
    process_types: tuple[ProcessType, ...]
    config_vars: Mapping[str, str] = field(default_factory=dict)
    """Defaults from bin/release; a release's own values win."""
    addons: tuple[str, ...] = ()
    """Add-ons that bin/release or app.json asks for, e.g. `heroku-postgresql`."""
    layers: tuple[SlugLayer, ...] = ()
    runtimes: tuple[RuntimeRecord, ...] = ()
    mtime: int = 0
    """Every member's modification time: SOURCE_DATE_EPOCH, or the commit's, in seconds."""
    packer: str = ""
    """What compressed the frames, e.g. `slugc/1 zstd/1.5.7 level/3`: frames are reused between equal ones only."""
    labels: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Cloud Native: build metadata, store, bill of materials references; free-form, keyed by buildpack id."""

    def process(self, name: str) -> ProcessType | None:
        return next((p for p in self.process_types if p.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slug:
    """A slug file in hand."""

    path: Path
    manifest: SlugManifest
    size: int
    """Bytes on disk."""
    frames_at: int = 0
    """Where the frames begin: the end of the manifest's own frame and of the room behind it. A digest of the
    whole file is not kept: the content digest covers every frame, and the head follows from the manifest."""
