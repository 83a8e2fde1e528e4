"""buildpack.toml and extension.toml to a Descriptor (specification: buildpack.md, "Data Format")."""

import re
from dataclasses import dataclass

from slugc.formats.checked import FileProblem, Table, document
from slugc.model.cloudnative import Api, Descriptor, Distro, Group, Kind, License, Order, OrderEntry, Target

_ID = re.compile(r"[A-Za-z0-9./-]+")
_RESERVED_IDS = frozenset({"app", "config", "generated", "sbom"})
_NO_FOLDERS = frozenset({".", ".."})
_ID_LENGTH, _VERSION_LENGTH = 160, 64
"""Both stand in one name of a folder, of which file systems allow 255 bytes."""
# A suffix (1.2.3-rc1, 1.2.3+build.5) is outside the specification's <X>.<Y>.<Z>, and packagers' buildpacks have it.
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)[\w.+-]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDescriptor:
    descriptor: Descriptor
    unknown: tuple[FileProblem, ...]
    """Keys that this format does not know: ignored by the reference lifecycle, refused where strict."""


def parse_buildpack(text: str) -> ParsedDescriptor:
    """Raises FileProblem."""
    root = document(text)
    kind = Kind.EXTENSION if "extension" in root and "buildpack" not in root else Kind.BUILDPACK
    api = _api(root)
    head = root.table(kind.value)
    if not head.data:
        raise root.problem(kind.value, "is missing")
    descriptor = Descriptor(
        kind=kind,
        api=api,
        id=_id(head),
        version=_version(head),
        name=head.text("name"),
        homepage=head.text("homepage"),
        description=head.text("description"),
        keywords=head.texts("keywords"),
        licenses=tuple(License(type=t.text("type"), uri=t.text("uri")) for t in head.tables("licenses")),
        sbom_formats=head.texts("sbom-formats"),
        clear_env=head.flag("clear-env"),
        exec_env=exec_env(head),
        targets=tuple(_target(table) for table in root.tables("targets")),
        stacks=tuple(_stack(table) for table in root.tables("stacks")),
        order=order_of(root),
        metadata=root.table("metadata").data,
    )
    if descriptor.order and (descriptor.targets or descriptor.stacks):
        raise root.problem("order", "a composite buildpack declares no targets and no stacks of its own")
    unknown = [p for p in root.unknown() if not p.key.startswith("metadata.")]
    return ParsedDescriptor(descriptor=descriptor, unknown=tuple(unknown))


def order_of(root: Table, key: str = "order", *, kind: Kind = Kind.BUILDPACK) -> Order:
    """`[[order]] [[order.group]]` of buildpack.toml and order.toml alike. Raises FileProblem."""
    return tuple(_group(table, kind) for table in root.tables(key))


def exec_env(table: Table) -> tuple[str, ...]:
    """Execution environments in both spellings: the specification's `[[exec-env]] name`, the lifecycle's list."""
    value = table.anything("exec-env", [])
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return tuple(item.required_text("name") for item in table.tables("exec-env"))
    return table.texts("exec-env")


def _group(table: Table, kind: Kind) -> Group:
    entries = []
    for item in table.tables("group"):
        item.anything("exec-env")  # in the specification's schema, read by no lifecycle
        entries.append(
            OrderEntry(
                id=_id(item),
                version=item.text("version"),
                optional=item.flag("optional", default=kind is Kind.EXTENSION),
                kind=kind,
            )
        )
    if not entries:
        raise table.problem("group", "must name at least one buildpack")
    return tuple(entries)


def _api(root: Table) -> Api:
    text = root.required_text("api")
    api = Api.parse(text)
    if api is None:
        raise root.problem("api", f"must be MAJOR.MINOR such as 0.10, it is {text!r}")
    return api


def _id(table: Table) -> str:
    text = table.required_text("id")
    if not _ID.fullmatch(text):
        raise table.problem("id", f"{text!r} may hold only letters, digits, '.', '/' and '-'")
    if text in _NO_FOLDERS:
        raise table.problem("id", f"{text!r} names no buildpack: its layers are kept in a folder of this name")
    if len(text) > _ID_LENGTH:
        raise table.problem("id", f"is longer than {_ID_LENGTH} characters")
    if text in _RESERVED_IDS:
        raise table.problem("id", f"{text!r} is reserved by the specification")
    return text


def _version(table: Table) -> str:
    text = table.required_text("version")
    # All of it must fit: it becomes the name of a folder.
    if not _VERSION.fullmatch(text) or len(text) > _VERSION_LENGTH:
        raise table.problem("version", f"must be X.Y.Z, it is {text[:_VERSION_LENGTH]!r}")
    return text


def _target(table: Table) -> Target:
    return Target(
        os=table.text("os"),
        arch=table.text("arch"),
        # the specification says `variant`, the lifecycle's own struct `arch-variant`
        variant=table.text("variant") or table.text("arch-variant"),
        distros=tuple(Distro(name=d.text("name"), version=d.text("version")) for d in table.tables("distros")),
    )


def _stack(table: Table) -> str:
    table.texts("mixins")
    return table.required_text("id")
