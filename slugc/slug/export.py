"""Export a slug as Heroku's own kind: slug.tgz with everything under ./app, and the JSON that announces it.

Format and call: Dev Center, "Creating slugs from scratch", and the Platform API's slug-create link.
"""

import hashlib
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from slugc.errors.slug import NotExportable, SlugNotWritten
from slugc.events import Emit, Progress, silent
from slugc.host import files, staging
from slugc.model.slug import Slug
from slugc.slug import head
from slugc.slug.reading import read_frame

LEVEL = 6
_GZIP = 31
"""zlib's window bits for a gzip wrapper: no name, no time, so the same bytes every time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export wrote."""

    archive: Path
    request: Path
    """The body of `POST /apps/APP/slugs`; its answer says where to PUT the archive."""
    size: int
    checksum: str
    """`SHA256:` and the hex digest of the archive."""


def export_heroku(slug: Slug, folder: Path, *, stack: str | None = None, emit: Emit = silent) -> Exported:
    """Write slug.tgz and slug.json into `folder`. `stack` names the platform's stack, e.g. `heroku-24`.

    Raises NotExportable for a slug with Cloud Native layers: that platform drops all that is not below ./app;
    SlugNotWritten.
    """
    reason = not_exportable(slug)
    if reason is not None:
        raise NotExportable(format="heroku", reason=reason)
    archive, request = folder / "slug.tgz", folder / "slug.json"
    digest = hashlib.sha256()
    made = not folder.exists()
    try:
        with staging.staged(archive) as target:
            _compress(slug, target, digest.update, emit)
            size = os.fstat(target).st_size
        checksum = f"SHA256:{digest.hexdigest()}"
        body = slug_create(slug, checksum=checksum, stack=stack)
        files.write_atomic(request, msgspec.json.format(msgspec.json.encode(body), indent=2) + b"\n")
    except OSError as error:
        if made:
            files.remove_tree(folder)
        raise SlugNotWritten(path=str(folder), reason=error.strerror or str(error)) from error
    return Exported(archive=archive, request=request, size=size, checksum=checksum)


def not_exportable(slug: Slug) -> str | None:
    """Why a slug cannot live on that platform, or None."""
    direct = [process.name for process in slug.manifest.process_types if process.direct]
    if any(layer.kind == "launch" for layer in slug.manifest.layers):
        return "It has Cloud Native launch layers under ./layers, and Heroku keeps only what is under ./app"
    if direct:
        return f"Process type {direct[0]} is an argument vector without a shell, and Heroku runs shell commands"
    return None


def slug_create(slug: Slug, *, checksum: str, stack: str | None) -> Mapping[str, Any]:
    """The JSON of the slug-create call; fields that are unknown are left out."""
    manifest = slug.manifest
    body: dict[str, Any] = {
        "process_types": {process.name: process.text for process in manifest.process_types},
        "checksum": checksum,
    }
    names = [pack.name or pack.id for pack in manifest.buildpacks]
    if names:
        body["buildpack_provided_description"] = ", ".join(names)
    if manifest.source.commit:
        body["commit"] = manifest.source.commit
    if stack is None and manifest.stack.name.startswith("heroku-"):
        stack = manifest.stack.name
    if stack:
        body["stack"] = stack
    return body


def _compress(slug: Slug, target: int, hashed: Callable[[bytes], None], emit: Emit) -> None:
    frames = [frame for layer in slug.manifest.layers for frame in layer.frames]
    total = sum(frame.tar_size for frame in frames)
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    done = 0

    def write(data: bytes) -> None:
        hashed(data)
        view = memoryview(data)
        while view:
            view = view[os.write(target, view) :]

    source = os.open(slug.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for frame in frames:
            write(packer.compress(read_frame(slug, source, frame)))
            done += frame.tar_size
            emit(Progress(what="Exporting", done=done, total=total))
    finally:
        os.close(source)
    write(packer.compress(bytes(head.END_TAR_SIZE)))
    write(packer.flush())
