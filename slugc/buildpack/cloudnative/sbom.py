"""PURE: which bill-of-materials files a buildpack may leave (specification: buildpack.md, "Bill-of-Materials")."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_FILE = re.compile(r"(?P<owner>.+)\.sbom\.(?P<format>[^.]+)\.json")
MEDIA_TYPES = {
    "cdx": "application/vnd.cyclonedx+json",
    "spdx": "application/spdx+json",
    "syft": "application/vnd.syft+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomFile:
    name: str
    owner: str
    """A layer's name, or `launch` or `build` for what no layer holds."""
    format: str
    """`cdx`, `spdx` or `syft`."""


def found(names: Iterable[str]) -> list[SbomFile]:
    """The SBOM files among the names in a buildpack's layers folder, sorted."""
    matches = (_FILE.fullmatch(name) for name in sorted(names))
    return [SbomFile(name=match[0], owner=match["owner"], format=match["format"]) for match in matches if match]


def problem(file: SbomFile, declared: Iterable[str]) -> str | None:
    """Why this file may not be there, or None. Media types are compared without their parameters."""
    wanted = MEDIA_TYPES.get(file.format)
    if wanted is None:
        return f"{file.format} is no SBOM format: cdx, spdx and syft are"
    media_types = [text.partition(";")[0].strip() for text in declared]
    if wanted not in media_types:
        return f"the buildpack's sbom-formats do not declare {wanted}"
    return None
