"""Buildpacks as values: what was asked for, what was found, and what the manifest remembers."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slugc.model.address import shown


class BuildpackApi(StrEnum):
    CLASSIC = "classic"
    CLOUD_NATIVE = "cloud-native"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackReference:
    """One entry of an ordered list, as the user wrote it, with the place that named it."""

    text: str
    """A path, built-in name, git URL#ref, https tarball, or image reference."""
    origin: str
    """Where it stands: `--buildpack`, `project.toml`, `.buildpacks line 2`, `app.json`, `built-in order`."""
    id: str | None = None
    version: str | None = None
    script: "InlineScript | None" = None

    @property
    def shown(self) -> str:
        """`text` without secrets: for people, and for everything that is kept."""
        return shown(self.text)

    @property
    def explicit(self) -> bool:
        """True where somebody named it: a refusal by its bin/detect then fails the build."""
        return self.origin != "built-in order"


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineScript:
    """A buildpack written in project.toml itself (project descriptor 0.2, `[io.buildpacks.group.script]`)."""

    api: str
    inline: str
    shell: str = "/bin/sh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildpack:
    """A buildpack on disk, ready to run. `root` is the shared, read-only copy: builds work on their own."""

    id: str
    name: str
    version: str
    api: BuildpackApi
    api_version: str
    """`1` for the classic API; `0.7` to `0.12` for Cloud Native."""
    root: Path
    uri: str
    """Where it came from, resolved: `builtin:python`, `git+https://...#<sha>`, `https://...tgz`, `file:...`."""
    digest: str
    """sha256 of the buildpack's tree (names, modes, contents)."""
    reference: BuildpackReference

    @property
    def builtin(self) -> bool:
        return self.uri.startswith("builtin:")

    @property
    def recorded_uri(self) -> str:
        """As the manifest keeps it: a folder of this machine is named by its last part only, for the same
        buildpack must give the same slug wherever it lies. The digest says which one it was."""
        for prefix in ("file:/", "git+/"):
            if self.uri.startswith(prefix):
                return prefix[:-1] + self.uri.rstrip("/").rpartition("/")[2]
        return self.uri


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackRecord:
    """What slug.json keeps of a buildpack that took part, in the order of the build."""

    id: str
    version: str
    api: str
    uri: str
    digest: str
    name: str = ""
    """What its bin/detect printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackFacts:
    """What a buildpack says of itself, for people to look at."""

    id: str
    version: str
    api: str
    """`classic`, or a Cloud Native Buildpack API version."""
    kind: str = "buildpack"
    name: str = ""
    description: str = ""
    homepage: str = ""
    licenses: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    sbom_formats: tuple[str, ...] = ()
    clear_env: bool = False
    order: tuple[tuple[str, ...], ...] = ()
    """A composite's groups, each member as `id@version`, with ` (optional)` behind it."""
    executables: tuple[str, ...] = ()
    uri: str = ""
    digest: str = ""
