"""A buildpack by its name in a Cloud Native registry: the index says which image it is."""

import os
from pathlib import Path

from slugc.buildpack import copies, notes
from slugc.buildpack.copies import Wanted
from slugc.buildpack.reference import Named
from slugc.errors.source import BuildpackNotFound
from slugc.events import Emit, Warned
from slugc.formats.registry_index import Entry, Registered, choose, entries, named
from slugc.host.files import expanded
from slugc.host.home import Home
from slugc.model.address import shown
from slugc.model.buildpack import BuildpackReference

INDEX = "SLUGC_REGISTRY_INDEX"
"""Another index: a git address, or a folder."""
PUBLIC = "https://github.com/buildpacks/registry-index"
"""Where the specification's own registry keeps its index; pack's default too."""


def address(text: str, reference: BuildpackReference, home: Home, *, network: bool, emit: Emit) -> str:
    """The image of `NAMESPACE/NAME[@VERSION]`, as an image reference by digest.

    A version never comes to mean another image (each is unique in its index), so the index is only asked again for
    the newest one, or for one that the last copy of the index does not have.
    Raises BuildpackNotFound, BuildpackUnfetchable.
    """
    place = os.environ.get(INDEX) or PUBLIC
    wanted = named(text)
    if wanted is None:
        raise _not_found(reference, f"{text} is no name of a registry: it is NAMESPACE/NAME or NAMESPACE/NAME@VERSION")
    found = _remembered(wanted, place, home)
    if found is None:
        root = _index(place, reference, home, network=network, emit=emit)
        versions = _versions(root, wanted)
        found = choose(versions, wanted.version)
        if found is None:
            raise _not_found(reference, _lacking(wanted, versions, shown(place)))
    if found.yanked:
        hint = f"Its author has taken it back: urn:cnb:registry:{wanted.id} means the newest that is left."
        emit(Warned(text=f"{wanted.id} {found.version} was yanked from the registry", hint=hint))
    return f"docker://{found.address}"


def _remembered(wanted: Registered, place: str, home: Home) -> Entry | None:
    known = notes.recall(place, home) if wanted.version else None
    return choose(_versions(home.buildpacks / known.digest, wanted), wanted.version) if known is not None else None


def _index(place: str, reference: BuildpackReference, home: Home, *, network: bool, emit: Emit) -> Path:
    folder = expanded(place)
    if folder.is_dir() and not (folder / ".git").exists() and not (folder / "HEAD").is_file():
        return folder
    wanted = Wanted(
        named=Named(kind="git", address=place.removeprefix("git+")),
        key=place,
        label=f"the registry's index {shown(place)}",
        reference=reference,
        whole=True,
    )
    return home.buildpacks / copies.latest(wanted, home, network=network, emit=emit).digest


def _versions(root: Path, wanted: Registered) -> tuple[Entry, ...]:
    try:
        return entries((root / wanted.file).read_text("utf-8", errors="replace"))
    except OSError:
        return ()


def _lacking(wanted: Registered, versions: tuple[Entry, ...], place: str) -> str:
    if not versions:
        return f"The registry's index {place} has no {wanted.id}."
    there = ", ".join(entry.version for entry in versions if not entry.yanked) or "none that was not yanked"
    return f"The registry's index {place} has no {wanted.id} {wanted.version or 'left'}; there are: {there}."


def _not_found(reference: BuildpackReference, reason: str) -> BuildpackNotFound:
    return BuildpackNotFound(reference=reference.shown, origin=reference.origin, builtin=(), reason=reason)
