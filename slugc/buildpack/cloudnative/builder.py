"""A project's builder: its order between the project's own buildpacks, and its buildpacks by id."""

import re
from collections.abc import Sequence

from slugc.buildpack import identity
from slugc.buildpack.cloudnative import descriptors
from slugc.buildpack.cloudnative.descriptors import Shelf
from slugc.formats import image_reference
from slugc.formats.project_toml import Project
from slugc.host import trees
from slugc.model.buildpack import Buildpack, BuildpackReference
from slugc.model.cloudnative import OrderEntry

ORIGIN = "project.toml io.buildpacks.builder"
_BY_ID = re.compile(r"(?:from=builder:?|urn:cnb:builder:)?(?P<id>[A-Za-z0-9./-]+)(?:@(?P<version>[\w.+-]+))?")


def references(project: Project) -> tuple[BuildpackReference, ...]:
    """What a project asks for: its own group, which leaves pre and post without effect, or its builder's order
    between pre and post, each in the order it is written."""
    if project.group or not project.builder:
        return project.group
    return (*project.pre, builder(project), *project.post)


def without_effect(project: Project) -> str | None:
    """What stands in project.toml and is not used, and why."""
    frames = " and ".join(name for name in ("pre", "post") if getattr(project, name))
    if not frames or (project.builder and not project.group):
        return None
    why = "it has a group of its own" if project.group else "project.toml names no builder"
    return f"io.buildpacks.{frames} has no effect: it frames a builder's order, and {why}"


def builder(project: Project) -> BuildpackReference:
    """The builder as a reference: an image, unless it reads like a path."""
    text = project.builder
    is_path = text.startswith((".", "/", "~")) or "://" in text
    if not is_path and image_reference.parse(text) is not None:
        text = f"docker://{text}"
    return BuildpackReference(text=text, origin=ORIGIN)


def asks_builder(reference: BuildpackReference) -> bool:
    """True for an entry that names a buildpack by its id alone, or says that it is the builder's."""
    return reference.text.startswith(("from=builder", "urn:cnb:builder:")) or (
        reference.id is not None and reference.script is None and reference.text.partition("@")[0] == reference.id
    )


def member(reference: BuildpackReference, found: Buildpack) -> Buildpack | None:
    """The builder's own buildpack that a reference means; None where it has none of that id and version."""
    match = _BY_ID.fullmatch(reference.text)
    if match is None:
        return None
    shelf = Shelf.of(descriptors.read(folder) for folder in descriptors.tree(found.root))
    descriptor = shelf.lookup(OrderEntry(id=reference.id or match["id"], version=match["version"] or ""))
    if descriptor is None:
        return None
    digest = trees.digest(descriptor.root)
    return identity.identify(descriptor.root, uri=f"{found.uri}#{descriptor.key}", reference=reference, digest=digest)


def needed(project: Project | None, asked: Sequence[BuildpackReference]) -> BuildpackReference | None:
    """The builder that must be at hand to find what the list names by id."""
    if project is None or not project.builder or not any(asks_builder(reference) for reference in asked):
        return None
    return builder(project)
