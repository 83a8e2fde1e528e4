"""project.toml, the project descriptor: schema 0.2, and the 0.1 layout for files that name no schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slugc.formats.checked import Table, document
from slugc.model import variable
from slugc.model.buildpack import BuildpackReference, InlineScript
from slugc.model.cloudnative import License

ORIGIN = "project.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    schema: str = "0.1"
    id: str = ""
    name: str = ""
    version: str = ""
    licenses: tuple[License, ...] = ()
    builder: str = ""
    include: tuple[str, ...] = ()
    """gitignore patterns: where not empty, only what they match is source."""
    exclude: tuple[str, ...] = ()
    group: tuple[BuildpackReference, ...] = ()
    pre: tuple[BuildpackReference, ...] = ()
    """Run before the builder's order; without effect where `group` is given."""
    post: tuple[BuildpackReference, ...] = ()
    build_env: Mapping[str, str] = field(default_factory=dict)


def parse_project(text: str) -> Project:
    """Raises FileProblem. Tables that slugc does not read ([project.metadata], other vendors' tables) may stand
    in the file: the format is meant to be shared."""
    root = document(text)
    schema = root.table("_").text("schema-version", "0.1")
    if schema == "0.1":
        if "buildpacks" in root.table("io"):  # the most frequent slip; ignoring the table would build something else
            raise root.table("io").problem(
                "buildpacks", 'is read in schema 0.2 only: put schema-version = "0.2" into a table [_] at the top'
            )
        return _schema_0_1(root)
    if schema not in {"0.2", "0.3"}:  # 0.3 is pack's own: 0.2 with exec-env
        raise root.table("_").problem("schema-version", f"must be 0.1 or 0.2, it is {schema!r}")
    head, build = root.table("_"), root.table("io").table("buildpacks")
    return Project(
        schema=schema,
        id=head.text("id"),
        name=head.text("name"),
        version=head.text("version"),
        licenses=_licenses(head),
        builder=build.text("builder"),
        group=_references(build, "group"),
        pre=_references(build.table("pre"), "group"),
        post=_references(build.table("post"), "group"),
        build_env={**_env(build.table("env"), "build"), **_env(build.table("build"), "env")},
        include=_filters(build)[0],
        exclude=_filters(build)[1],
    )


def _schema_0_1(root: Table) -> Project:
    head, build = root.table("project"), root.table("build")
    return Project(
        schema="0.1",
        id=head.text("id"),
        name=head.text("name"),
        version=head.text("version"),
        licenses=_licenses(head),
        builder=build.text("builder"),
        group=_references(build, "buildpacks"),
        build_env=_env(build, "env"),
        include=_filters(build)[0],
        exclude=_filters(build)[1],
    )


def _filters(build: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    include, exclude = build.texts("include"), build.texts("exclude")
    if include and exclude:
        raise build.problem("exclude", "include and exclude cannot stand together")
    return include, exclude


def _licenses(head: Table) -> tuple[License, ...]:
    return tuple(License(type=t.text("type"), uri=t.text("uri")) for t in head.tables("licenses"))


def _env(table: Table, key: str) -> dict[str, str]:
    return dict(_variable(item) for item in table.tables(key))


def _variable(item: Table) -> tuple[str, str]:
    """The source is nobody's word: a name becomes that of a file, outside of every sandbox."""
    name, value = item.required_text("name"), item.text("value")
    reason = variable.file_problem(name, value)
    if reason is not None:
        raise item.problem("name", reason)
    return name, value


def _references(table: Table, key: str) -> tuple[BuildpackReference, ...]:
    return tuple(_reference(item) for item in table.tables(key))


def _reference(item: Table) -> BuildpackReference:
    identity, version, uri = item.text("id"), item.text("version"), item.text("uri")
    script = _script(item.table("script")) if "script" in item else None
    if script is not None and uri:
        raise item.problem("script", "a script and a uri cannot stand together")
    if script is not None and not identity:
        raise item.problem("id", "an inline script needs an id")
    if script is None and not uri and not identity:
        raise item.problem("id", "an entry needs an id, a uri or a script")
    text = uri or (f"{identity}@{version}" if version else identity)
    return BuildpackReference(
        text=text,
        origin=f"{ORIGIN} line {item.line()}",
        id=identity or None,
        version=version or None,
        script=script,
    )


def _script(table: Table) -> InlineScript:
    return InlineScript(
        api=table.required_text("api"),
        inline=table.required_text("inline"),
        shell=table.text("shell", "/bin/sh"),
    )
