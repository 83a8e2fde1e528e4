"""The build plan that bin/detect writes, and the buildpack plan that bin/build is given."""

from collections.abc import Iterable

from slugc.formats.checked import Table, document
from slugc.formats.toml_text import dump
from slugc.model.cloudnative import BuildPlan, PlanSections, Require


def parse_build_plan(text: str) -> BuildPlan:
    """Raises FileProblem; also for a top-level `version` of a requirement, which Buildpack API 0.7 and later
    no longer have."""
    root = document(text)
    return BuildPlan(options=(_sections(root), *(_sections(table) for table in root.tables("or"))))


def buildpack_plan(entries: Iterable[Require]) -> str:
    """`[[entries]]` as bin/build reads it."""
    rows = [{"name": e.name, "metadata": dict(e.metadata)} if e.metadata else {"name": e.name} for e in entries]
    return dump({"entries": rows}) if rows else ""


def _sections(table: Table) -> PlanSections:
    return PlanSections(
        provides=tuple(item.required_text("name") for item in table.tables("provides")),
        requires=tuple(_require(item) for item in table.tables("requires")),
    )


def _require(item: Table) -> Require:
    if "version" in item:
        raise item.problem("version", "is not a key of a requirement: use metadata.version")
    return Require(name=item.required_text("name"), metadata=item.table("metadata").data)
