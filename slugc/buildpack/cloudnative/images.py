"""Buildpackages and builders: images that hold buildpacks, from a registry, a .cnb file or an OCI layout folder."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from slugc.buildpack.cloudnative import descriptors
from slugc.buildpack.cloudnative.logins import login
from slugc.errors.cloudnative import ImageUnfetchable
from slugc.formats import image_reference, oci
from slugc.formats.oci import Blob, Config, Index, Manifest
from slugc.formats.toml_text import dump
from slugc.host import archives, registry
from slugc.host.files import remove_tree, write_atomic

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
PACKAGE = "io.buildpacks.buildpackage.metadata"
BUILDER = "io.buildpacks.builder.metadata"
LAYERS = ("io.buildpacks.buildpack.layers", "io.buildpacks.extension.layers")
ORDER, ORDER_EXTENSIONS = "io.buildpacks.buildpack.order", "io.buildpacks.buildpack.order-extensions"
ABOUT = "image.json"


class Source(Protocol):
    """Where an image's documents and blobs come from. Both raise RegistryProblem."""

    def manifest(self, reference: str | None = None) -> tuple[bytes, str]: ...

    def blob(self, digest: str, target: Path) -> Path: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """An image's tree: buildpacks/<id>/<version>, extensions/..., order.toml for a builder, image.json."""

    root: Path
    main: Path
    """The folder of the buildpack that the package is for; `root` itself for a builder."""
    digest: str
    """The manifest's."""


@dataclass(frozen=True, slots=True)
class Layout:
    """An OCI layout folder: what a .cnb file holds."""

    root: Path

    def manifest(self, reference: str | None = None) -> tuple[bytes, str]:
        if reference is not None:
            return self._read(reference), reference
        return (self.root / "index.json").read_bytes(), ""

    def blob(self, digest: str, target: Path) -> Path:
        target.write_bytes(self._read(digest))
        return target

    def _read(self, digest: str) -> bytes:
        kind, _, name = digest.partition(":")
        place = self.root / "blobs" / kind / name
        if place.is_symlink() or not place.is_file():
            raise registry.RegistryProblem(f"the layout has no blob {digest}")
        data = place.read_bytes()
        if hashlib.sha256(data).hexdigest() != name:
            raise registry.RegistryProblem(f"the blob {digest} is not what its name says")
        return data


@contextmanager
def from_registry(text: str) -> Iterator[Source]:
    """Raises ImageUnfetchable."""
    image = image_reference.parse(text)
    if image is None:
        raise ImageUnfetchable(reference=text, reason="it is not an image reference (HOST/NAME:TAG or ...@sha256:...)")
    if not image.host:
        image = replace(image, host=registry.default_host())
    if not image.host:
        reason = f"it names no registry: write HOST/{image.repository}, or set {registry.DEFAULT_HOST}=HOST"
        raise ImageUnfetchable(reference=text, reason=reason)
    reference = image.digest or image.tag
    with (
        _reported(text),
        registry.connect(
            scheme=image.scheme,
            host=image.server,
            repository=image.repository,
            reference=reference,
            accept=oci.ACCEPT,
            login=lambda: login(image.host),
        ) as found,
    ):
        yield found


def unpack(source: Source, target: Path, *, reference: str, scratch: Path) -> Unpacked:
    """Put the image's buildpacks into the new folder `target`. Only layers that hold some are fetched.

    Raises ImageUnfetchable.
    """
    with _reported(reference):
        manifest, digest = _manifest(source)
        config = oci.parse_config(source.blob(manifest.config.digest, scratch / "config").read_bytes())
        target.mkdir(parents=True)
        for number, blob in enumerate(_wanted(manifest, config)):
            archive = source.blob(blob.digest, scratch / f"layer-{number}")
            _take(archive, target, scratch / f"tree-{number}")
            archive.unlink()
        main = _settle(target, config)
        about = {"digest": digest, "main": str(main.relative_to(target)), "labels": dict(config.labels)}
        write_atomic(target / ABOUT, json.dumps(about, sort_keys=True).encode())
    return Unpacked(root=target, main=main, digest=digest)


def unpacked(root: Path) -> Unpacked:
    """A tree that `unpack` made earlier."""
    about = json.loads((root / ABOUT).read_bytes())
    return Unpacked(root=root, main=root / about["main"], digest=about["digest"])


def _manifest(source: Source) -> tuple[Manifest, str]:
    """Through indexes down to the manifest for this machine."""
    data, digest = source.manifest()
    for _ in range(4):
        found = oci.parse_manifest(data)
        if isinstance(found, Manifest):
            return found, digest or f"sha256:{hashlib.sha256(data).hexdigest()}"
        data, digest = source.manifest(_fitting(found).digest)
    raise registry.RegistryProblem("its indexes are nested too deep")


def _fitting(index: Index) -> Blob:
    machine = os.uname().machine
    arch = ARCHITECTURES.get(machine, machine)
    blob = oci.for_machine(index, os="linux", arch=arch)
    if blob is None:
        offered = ", ".join(f"{item.os}/{item.arch}" for item in index.manifests) or "nothing"
        raise registry.RegistryProblem(f"it is not made for linux/{arch}; it offers {offered}")
    return blob


def _wanted(manifest: Manifest, config: Config) -> list[Blob]:
    """Layers that hold buildpacks, as the labels say; all of them where the labels are silent."""
    named = {
        version["layerDiffID"]
        for label in LAYERS
        for versions in _table(config.label(label)).values()
        for version in _table(versions).values()
        if isinstance(version, dict) and isinstance(version.get("layerDiffID"), str)
    }
    if not named or len(config.diff_ids) != len(manifest.layers):
        return list(manifest.layers)
    return [blob for blob, diff in zip(manifest.layers, config.diff_ids, strict=True) if diff in named]


def _take(archive: Path, target: Path, scratch: Path) -> None:
    """The buildpacks of one layer; a version that is there already stays, so do order.toml's later versions win."""
    try:
        archives.unpack_tar(archive, scratch, rename=_below_cnb)
    except archives.ArchiveProblem as error:
        raise registry.RegistryProblem(f"a layer cannot be unpacked: {error}") from error
    for folder in descriptors.tree(scratch):
        place = target / folder.relative_to(scratch)
        place.parent.mkdir(parents=True, exist_ok=True)
        remove_tree(place)
        folder.rename(place)
    if (scratch / "order.toml").is_file():
        (scratch / "order.toml").replace(target / "order.toml")
    remove_tree(scratch)


def _below_cnb(name: str) -> str | None:
    """Layers name their members from the root, with or without the first `/`; only /cnb is of interest."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return "/".join(parts[1:]) or None if parts[:1] == ["cnb"] else None


def _settle(target: Path, config: Config) -> Path:
    """The main folder of the tree. A builder whose order stands in a label only gets an order.toml."""
    order = config.label(ORDER)
    if config.label(BUILDER) is not None or (order is not None and config.label(PACKAGE) is None):
        if not (target / "order.toml").is_file():
            extensions = config.label(ORDER_EXTENSIONS)
            tables = {"order": order or [], "order-extensions": extensions or None}
            (target / "order.toml").write_text(dump(tables), "utf-8")
        return target
    about = _table(config.label(PACKAGE))
    identity, version = str(about.get("id", "")), str(about.get("version", ""))
    there = list(descriptors.tree(target))
    # Looked for among what is there: a label's text is no path to be trusted.
    for folder in there:
        if (folder.parent.name, folder.name) == (identity.replace("/", "_"), version):
            return folder
    if len(there) == 1:
        return there[0]
    reason = (
        f"it does not hold the buildpack {identity}@{version} of its label" if identity else "it holds no buildpack"
    )
    raise registry.RegistryProblem(reason)


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


@contextmanager
def _reported(reference: str) -> Iterator[None]:
    try:
        yield
    except (registry.RegistryProblem, oci.OciProblem, OSError) as error:
        raise ImageUnfetchable(reference=reference, reason=str(error)) from error
