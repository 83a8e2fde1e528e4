"""What a list of references brings to an order: the entries of the group, and every buildpack they may name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from slugc.buildpack.cloudnative import descriptors
from slugc.buildpack.cloudnative.descriptors import Shelf
from slugc.errors.cloudnative import DescriptorInvalid
from slugc.formats.checked import FileProblem
from slugc.formats.order_toml import OrderFile, parse_order, parse_system, with_system
from slugc.formats.package_toml import parse_package
from slugc.model.buildpack import Buildpack, BuildpackApi, BuildpackReference
from slugc.model.cloudnative import NEWEST_API, Descriptor, Kind, Order, OrderEntry

Fetch = Callable[[BuildpackReference, Path], Buildpack]
"""Bring a dependency home; relative paths count from the folder."""
Parsed = TypeVar("Parsed")
DEPTH = 16
"""Packages inside packages: more than any has, fewer than a loop."""


@dataclass(slots=True)
class Gathered:
    """A flat top-level group, in the order of the list, and the shelf for it and for everything nested."""

    group: list[OrderEntry] = field(default_factory=list)
    extensions: Order = ()
    shelf: Shelf = field(default_factory=Shelf)
    classic: dict[str, Buildpack] = field(default_factory=dict)
    """By the id of their entry."""
    origins: dict[str, Buildpack] = field(default_factory=dict)
    """By kind and key: the buildpack of the list that brought a descriptor."""
    repeated: list[str] = field(default_factory=list)
    """Members of the list that take no part, and why: one stands before them."""

    @property
    def order(self) -> Order:
        return (tuple(self.group),)


def gather(asked: Sequence[Buildpack], *, fetch: Fetch, strict: bool = False) -> Gathered:
    """Raises DescriptorInvalid, BuildpackApiUnsupported, and what `fetch` does."""
    found = Gathered()
    for position, buildpack in enumerate(asked):
        if buildpack.api is BuildpackApi.CLASSIC:
            name = f"classic.{position}"
            found.classic[name] = buildpack
            found.group.append(OrderEntry(id=name))
            # Its own API has no versions; the newest stands for it only so that it is a descriptor at all.
            found.shelf.add(Descriptor(api=NEWEST_API, id=name, has_build=False, root=buildpack.root))
        else:
            _add(buildpack, found, fetch, strict=strict)
    return found


def _add(buildpack: Buildpack, found: Gathered, fetch: Fetch, *, strict: bool) -> None:
    own = _take(buildpack, found, fetch, strict=strict, depth=0)
    if own.kind is Kind.EXTENSION:
        entry = OrderEntry(id=own.id, version=own.version, kind=Kind.EXTENSION, optional=True)
        found.extensions = ((*(found.extensions[0] if found.extensions else ()), entry),)
        return
    before = next((entry for entry in found.group if entry.id == own.id), None)
    if before is not None:  # the walk through the order passes it over, whatever its version
        shown = buildpack.reference.shown
        found.repeated.append(f"{shown} is left out: {before.reference} stands before it, and an id takes part once")
    found.group.append(OrderEntry(id=own.id, version=own.version))


def _take(buildpack: Buildpack, found: Gathered, fetch: Fetch, *, strict: bool, depth: int) -> Descriptor:
    """Put a buildpack and all that came with it on the shelf."""
    root = buildpack.root
    if descriptors.descriptor_file(root) is None:
        own = _builder(buildpack, found)
    else:
        own = descriptors.read(root, digest=buildpack.digest, strict=strict)
    _shelve(own, buildpack, found)
    tree = _image_tree(root)
    for folder in descriptors.tree(tree) if tree else ():
        _shelve(descriptors.read(folder, strict=strict), buildpack, found)
    for text in _dependencies(root) if depth < DEPTH else ():
        reference = BuildpackReference(text=text, origin=f"package.toml of {own.id}")
        _take(fetch(reference, root), found, fetch, strict=strict, depth=depth + 1)
    return own


def _shelve(descriptor: Descriptor, buildpack: Buildpack, found: Gathered) -> None:
    found.shelf.add(descriptor)
    found.origins.setdefault(f"{descriptor.kind}:{descriptor.key}", buildpack)


def _builder(buildpack: Buildpack, found: Gathered) -> Descriptor:
    """A builder's order as a composite, so that it can stand anywhere in a list."""
    order = read_order(buildpack.root / "order.toml")
    system = buildpack.root / "system.toml"
    groups = with_system(order.order, _parsed(system, parse_system)) if system.is_file() else order.order
    found.extensions = found.extensions or order.extensions
    return Descriptor(
        api=NEWEST_API,
        id=f"order.{buildpack.digest[:12]}",
        version="0.0.0",
        name=buildpack.name,
        order=groups,
        root=buildpack.root,
        digest=buildpack.digest,
        has_build=False,
    )


def read_order(file: Path) -> OrderFile:
    """Raises DescriptorInvalid."""
    return _parsed(file, parse_order)


def _parsed(file: Path, parse: Callable[[str], Parsed]) -> Parsed:
    try:
        return parse(file.read_text("utf-8"))
    except FileProblem as problem:
        raise DescriptorInvalid(file=str(file), line=problem.line, key=problem.key, reason=problem.message) from problem
    except UnicodeDecodeError as problem:
        raise DescriptorInvalid(file=str(file), line=0, key="", reason="is not UTF-8") from problem


def _image_tree(root: Path) -> Path | None:
    """The tree of an unpacked image that a buildpack's folder stands in, or that it is itself."""
    if (root / "order.toml").is_file() or (root / "buildpacks").is_dir():
        return root
    top = root.parent.parent
    inside_image = top.name in {"buildpacks", "extensions"} and (top.parent / "image.json").is_file()
    return top.parent if inside_image else None


def local_dependencies(root: Path) -> tuple[str, ...]:
    """Those that are no addresses, relative to `root`; none where package.toml cannot be read: that is found later."""
    try:
        return tuple(text for text in _dependencies(root) if "://" not in text)
    except DescriptorInvalid:
        return ()


def _dependencies(root: Path) -> tuple[str, ...]:
    file = root / "package.toml"
    return _parsed(file, parse_package).dependencies if file.is_file() else ()


def as_buildpack(descriptor: Descriptor, origin: Buildpack) -> Buildpack:
    """A member of a group as the manifest remembers it; a nested one names the package that brought it."""
    if descriptor.root == origin.root:
        return origin
    return replace(
        origin,
        id=descriptor.id,
        name=descriptor.name or descriptor.id,
        version=descriptor.version,
        api_version=str(descriptor.api),
        root=descriptor.root,
        uri=f"{origin.uri}#{descriptor.key}",
    )
