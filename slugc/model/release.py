"""Releases: a slug plus config vars plus add-ons, one numbered entry of an append-only ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ReleaseStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOnAttachment:
    """An add-on as a release sees it: its name, and the config vars it brings."""

    name: str
    plan: str
    config_vars: tuple[str, ...]
    attachment: str = ""
    """The name it has inside the app, e.g. `DATABASE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One entry of an app's ledger. `digest` is a sha256 over all other fields, `previous` among them."""

    app: str
    version: int
    slug: str | None = None
    """Content digest; None until the first deploy."""
    config_vars: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Left out of repr: a traceback or a log line must not show a password."""
    addons: tuple[AddOnAttachment, ...] = ()
    description: str
    user: str
    created_at: str
    """RFC 3339, UTC, whole seconds."""
    commit: str | None = None
    previous: str = ""
    """Digest of the release before it; empty for v1."""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseEntry:
    """A release with what happened to it since: its status may still change, the release itself never."""

    release: Release
    status: ReleaseStatus
    current: bool = False
    note: str = ""
    """Why it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseManifest:
    """One release written out (`release.json`): boots anywhere the slug's file can be found."""

    schema: int = 1
    app: str
    version: int
    slug: str
    """Content digest of the slug."""
    slug_path: str | None = None
    """Where the slug's file was when the manifest was written; relative to the manifest if it stood beside it."""
    config_vars: Mapping[str, str] = field(default_factory=dict)
    addons: tuple[AddOnAttachment, ...] = ()
    description: str = ""
    user: str = ""
    created_at: str = ""
    """RFC 3339, UTC."""
    commit: str | None = None
    formation: Mapping[str, int] = field(default_factory=dict)
