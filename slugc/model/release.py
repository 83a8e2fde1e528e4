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
