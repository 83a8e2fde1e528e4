"""The hash chain: what a release's digest covers, and where a chain first breaks. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slugc.model.release import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenLink:
    version: int
    reason: str


def config_digest(config_vars: Mapping[str, str]) -> str:
    return _sha256(dict(config_vars))


def release_digest(release: Release) -> str:
    """sha256 over every field but the digest itself. Config vars stand in it by their own digest, so that a
    chain can be checked, and shown, without the values."""
    return _sha256(
        {
            "app": release.app,
            "version": release.version,
            "slug": release.slug,
            "config": config_digest(release.config_vars),
            "addons": [[a.name, a.plan, list(a.config_vars), a.attachment] for a in release.addons],
            "description": release.description,
            "user": release.user,
            "created_at": release.created_at,
            "commit": release.commit,
            "previous": release.previous,
        }
    )


def first_broken(releases: Sequence[Release]) -> BrokenLink | None:
    """The first link that does not hold in `releases`, oldest first; None for a sound chain."""
    previous = ""
    for position, release in enumerate(releases, start=1):
        if release.version != position:
            return BrokenLink(version=position, reason=f"v{position} is missing: v{release.version} stands there.")
        if release.previous != previous:
            return BrokenLink(version=position, reason=f"v{position} does not follow the release before it.")
        if release_digest(release) != release.digest:
            return BrokenLink(version=position, reason=f"The content of v{position} is not what was written.")
        previous = release.digest
    return None


_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode
"""json.dumps would make an encoder for each of a release's digests."""


def _sha256(value: object) -> str:
    return hashlib.sha256(_encoded(value).encode()).hexdigest()
