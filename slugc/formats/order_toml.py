"""order.toml: the order of a builder, its image extensions, and a platform's own buildpacks (system.toml)."""

from dataclasses import dataclass

from slugc.formats.buildpack_toml import order_of
from slugc.formats.checked import Table, document
from slugc.model.cloudnative import Group, Kind, Order, OrderEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFile:
    order: Order
    extensions: Order = ()
    """Groups of image extensions; tried before every group of buildpacks, never nested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFile:
    pre: Group = ()
    post: Group = ()


def parse_order(text: str) -> OrderFile:
    """Raises FileProblem."""
    root = document(text)
    order = order_of(root)
    if not order:
        raise root.problem("order", "is missing")
    return OrderFile(order=order, extensions=order_of(root, "order-extensions", kind=Kind.EXTENSION))


def parse_system(text: str) -> SystemFile:
    """system.toml (Platform API 0.15). Raises FileProblem."""
    system = document(text).table("system")
    return SystemFile(pre=_entries(system.table("pre")), post=_entries(system.table("post")))


def with_system(order: Order, system: SystemFile) -> Order:
    """Each top-level group with the platform's buildpacks at both ends, unless it names them already."""
    return tuple(_surrounded(group, system) for group in order)


def _surrounded(group: Group, system: SystemFile) -> Group:
    named = {entry.id for entry in group}
    return (
        *(entry for entry in system.pre if entry.id not in named),
        *group,
        *(entry for entry in system.post if entry.id not in named),
    )


def _entries(table: Table) -> Group:
    return tuple(
        OrderEntry(id=t.required_text("id"), version=t.text("version"), optional=t.flag("optional"))
        for t in table.tables("buildpacks")
    )
