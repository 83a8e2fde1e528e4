"""`layers/config/metadata.toml`: what the launcher of a Cloud Native slug reads (platform.md, "metadata.toml")."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slugc.formats.toml_text import dump
from slugc.model.build import Detected, ReleaseMetadata
from slugc.model.process import ProcessType

FILE = "config/metadata.toml"


def write(
    layers: Path,
    group: Sequence[Detected],
    metadata: ReleaseMetadata,
    slices: Sequence[Sequence[str]],
    *,
    strict: bool = False,
) -> None:
    """Nothing where no Cloud Native buildpack took part. `strict` is kept in a table of slugc's own: the launch has its
    differences, too."""
    members = [member.descriptor for member in group if member.descriptor is not None]
    if not members:
        return
    default = next((process.name for process in metadata.process_types if process.default), None)
    values: Mapping[str, Any] = {
        "buildpack-default-process-type": default,
        "buildpacks": [
            {"id": m.id, "version": m.version, "api": str(m.api), "homepage": m.homepage or None} for m in members
        ],
        "processes": [_row(process) for process in metadata.process_types],
        "slices": [{"paths": list(paths)} for paths in slices] or None,
        "slugc": {"strict": True} if strict else None,
    }
    file = layers / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dump(values), "utf-8")


def _row(process: ProcessType) -> dict[str, Any]:
    return {
        "type": process.name,
        "command": list(process.command) if process.direct else [process.command],
        "args": list(process.args),
        "direct": process.direct,
        "default": process.default or None,
        "working-dir": process.working_dir,
        "buildpack-id": process.owner,
    }
