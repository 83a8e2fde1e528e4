"""Image manifests, indexes and configurations (OCI image specification; the older Docker types alike)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ACCEPT = ", ".join((*INDEXES, *MANIFESTS))


class OciProblem(ValueError):
    """A document that is no image's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    digest: str
    size: int = 0
    media_type: str = ""
    os: str = ""
    arch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    manifests: tuple[Blob, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    config: Blob
    layers: tuple[Blob, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    labels: Mapping[str, str] = field(default_factory=dict)
    diff_ids: tuple[str, ...] = ()
    """One a layer, in order: the digest of its tar before compression."""

    def label(self, name: str) -> Any:
        """A label's JSON value; None where there is none. Raises OciProblem."""
        text = self.labels.get(name)
        return None if text is None else _json(text.encode(), f"the label {name}")


def parse_manifest(data: bytes) -> Index | Manifest:
    """Raises OciProblem."""
    document = _object(data, "the manifest")
    if "manifests" in document:
        return Index(manifests=tuple(_blob(item) for item in _list(document, "manifests")))
    if "config" not in document or "layers" not in document:
        raise OciProblem("the manifest has neither manifests nor config and layers (schema 1 is not read)")
    return Manifest(config=_blob(document["config"]), layers=tuple(_blob(item) for item in _list(document, "layers")))


def parse_config(data: bytes) -> Config:
    """Raises OciProblem."""
    document = _object(data, "the configuration")
    inner, rootfs = document.get("config") or {}, document.get("rootfs") or {}
    labels = (inner.get("Labels") if isinstance(inner, dict) else None) or {}
    diff_ids = (rootfs.get("diff_ids") if isinstance(rootfs, dict) else None) or []
    if not isinstance(labels, dict) or not isinstance(diff_ids, list):
        raise OciProblem("the configuration's labels or diff_ids are not what they should be")
    return Config(
        labels={str(key): str(value) for key, value in labels.items()}, diff_ids=tuple(str(item) for item in diff_ids)
    )


def for_machine(index: Index, *, os: str, arch: str) -> Blob | None:
    """The manifest of an index that fits; entries that name no system fit any."""
    fitting = [blob for blob in index.manifests if blob.os in {"", os} and blob.arch in {"", arch}]
    return next((blob for blob in fitting if blob.os), fitting[0] if fitting else None)


def _blob(item: object) -> Blob:
    if not isinstance(item, dict) or not isinstance(item.get("digest"), str):
        raise OciProblem("a descriptor has no digest")
    digest = item["digest"]
    if not digest.startswith("sha256:") or len(digest) != 71:
        raise OciProblem(f"{digest[:80]!r} is no sha256 digest")
    platform = item.get("platform") if isinstance(item.get("platform"), dict) else {}
    assert isinstance(platform, dict)
    size = item.get("size")
    return Blob(
        digest=digest,
        size=size if isinstance(size, int) else 0,
        media_type=str(item.get("mediaType", "")),
        os=str(platform.get("os", "")),
        arch=str(platform.get("architecture", "")),
    )


def _object(data: bytes, what: str) -> dict[str, Any]:
    value = _json(data, what)
    if not isinstance(value, dict):
        raise OciProblem(f"{what} is no JSON object")
    return value


def _json(data: bytes, what: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise OciProblem(f"{what} is not JSON") from error


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document[key]
    if not isinstance(value, list):
        raise OciProblem(f"{key} is no list")
    return value
