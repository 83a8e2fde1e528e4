"""Cloud Native Buildpacks as values: descriptors, orders, plans, layers (Buildpack API 0.7 to 0.12)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

_API = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, order=True)
class Api:
    """A Buildpack API version: `0.10` is later than `0.9`."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> "Api | None":
        match = _API.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


OLDEST_API, NEWEST_API = Api(0, 7), Api(0, 12)


class Kind(StrEnum):
    BUILDPACK = "buildpack"
    EXTENSION = "extension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distro:
    name: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An operating system and architecture, in the words of the specification: `linux`, `amd64`, `v8`.

    An empty field of a buildpack's target fits anything; of the machine's, means unknown.
    """

    os: str = ""
    arch: str = ""
    variant: str = ""
    distros: tuple[Distro, ...] = ()
    """A buildpack's target: any of these. A machine's target: exactly one, or none where it is unknown."""

    def __str__(self) -> str:
        words = "/".join(word for word in (self.os or "any", self.arch, self.variant) if word)
        return words + "".join(f" {d.name}@{d.version}".rstrip("@") for d in self.distros)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEntry:
    """One `[[order.group]]`. An empty version fits the only version there is."""

    id: str
    version: str = ""
    optional: bool = False
    kind: Kind = Kind.BUILDPACK

    @property
    def reference(self) -> str:
        return f"{self.id}@{self.version}" if self.version else self.id


Group = tuple[OrderEntry, ...]
Order = tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    type: str = ""
    uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """buildpack.toml or extension.toml, and the folder it stands in."""

    kind: Kind = Kind.BUILDPACK
    api: Api
    id: str
    version: str = ""
    name: str = ""
    homepage: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    licenses: tuple[License, ...] = ()
    sbom_formats: tuple[str, ...] = ()
    clear_env: bool = False
    exec_env: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    stacks: tuple[str, ...] = ()
    order: Order = ()
    """Not empty: a composite buildpack, which has no executables of its own."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    root: Path = Path()
    has_build: bool = True
    digest: str = ""
    """sha256 of the folder's tree, where it was fetched or taken into a build."""

    @property
    def key(self) -> str:
        return f"{self.id}@{self.version}" if self.version else self.id

    @property
    def escaped(self) -> str:
        """The id as a folder's name (`a/b` is `a_b`)."""
        return escape_id(self.id)


def escape_id(buildpack: str) -> str:
    return buildpack.replace("/", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Require:
    name: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSections:
    provides: tuple[str, ...] = ()
    requires: tuple[Require, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """What a bin/detect wrote: the top-level sections, then each `[[or]]`, in the order they are tried."""

    options: tuple[PlanSections, ...] = (PlanSections(),)


PASS, FAIL = 0, 100
ERROR = -1
"""A bin/detect that could not be run, or whose plan could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectRun:
    """One bin/detect that came to an end."""

    code: int
    plan: BuildPlan = field(default_factory=BuildPlan)
    output: str = ""
    problem: str = ""
    """Why the code is ERROR."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One member of a flat group, its buildpack found."""

    id: str
    version: str = ""
    optional: bool = False
    kind: Kind = Kind.BUILDPACK

    @property
    def key(self) -> str:
        return f"{self.id}@{self.version}" if self.version else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """One name that is both provided and required: by whom, and what the requirers say of it."""

    name: str
    providers: tuple[Element, ...]
    requires: tuple[Require, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTypes:
    launch: bool = False
    build: bool = False
    cache: bool = False

    @property
    def ignored(self) -> bool:
        return not (self.launch or self.build or self.cache)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFile:
    """`<layer>.toml`. Metadata is any TOML value."""

    types: LayerTypes = field(default_factory=LayerTypes)
    metadata: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchProcess:
    """One `[[processes]]` as it stands in launch.toml, before the rules between buildpacks are applied."""

    type: str
    command: tuple[str, ...]
    args: tuple[str, ...] = ()
    direct: bool = True
    legacy: bool = False
    """Of an API before 0.9: a user's arguments are appended to `args`, not put in their place."""
    default: bool = False
    working_dir: str = ""
    exec_env: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchFile:
    processes: tuple[LaunchProcess, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    slices: tuple[tuple[str, ...], ...] = ()
    """Each slice: patterns relative to the app folder."""
    notes: tuple[str, ...] = ()
    """What was ignored, and why."""
