"""Buildpacks for people: what one says of itself, and the table of several."""

from collections.abc import Sequence

from slugc.model.buildpack import BuildpackFacts
from slugc.render.tables import table


def details(found: BuildpackFacts) -> list[str]:
    """`name: value` lines of what there is, then the groups of an order."""
    rows = {
        "id": found.id,
        "version": found.version,
        "api": found.api,
        "kind": found.kind,
        "name": found.name,
        "description": found.description,
        "homepage": found.homepage,
        "licences": ", ".join(found.licenses),
        "keywords": ", ".join(found.keywords),
        "targets": ", ".join(found.targets),
        "stacks": ", ".join(found.stacks),
        "sbom formats": ", ".join(found.sbom_formats),
        "clear-env": "true" if found.clear_env else "",
        "executables": ", ".join(found.executables),
        "from": found.uri,
        "digest": found.digest,
    }
    lines = [f"{name}: {value}" for name, value in rows.items() if value]
    for number, group in enumerate(found.order, 1):
        lines += [f"group {number}:", *(f"  {member}" for member in group)]
    return lines


def listing(found: Sequence[BuildpackFacts]) -> list[str]:
    rows = [(one.id, one.version, one.api, one.kind, one.name) for one in found]
    return table(("ID", "VERSION", "API", "KIND", "NAME"), rows)
