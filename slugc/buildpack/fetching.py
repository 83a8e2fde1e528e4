"""Buildpacks brought home: copied or fetched once, kept by digest, and said so when only an old copy is to be had."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.buildpack import builtin, identity, notes, origins
from slugc.buildpack.notes import Note
from slugc.buildpack.reference import Named, read
from slugc.errors.source import BuildpackInvalid, BuildpackNotFound, BuildpackUnfetchable
from slugc.events import Emit, Step, Warned
from slugc.host import archives, trees
from slugc.host.files import remove_tree, scratch
from slugc.host.home import Home
from slugc.model.address import shown
from slugc.model.buildpack import Buildpack, BuildpackReference, InlineScript

if TYPE_CHECKING:
    from slugc.buildpack.cloudnative.images import Source

LAYOUT = "oci-layout"
REGISTRY_NAME = "urn:cnb:registry:"
SKIP = frozenset({".git", ".DS_Store", "__pycache__"})


def fetch(reference: BuildpackReference, *, base: Path, home: Home, network: bool, emit: Emit) -> Buildpack:
    """The buildpack that `reference` names, ready to run. Relative paths count from `base`.

    Raises BuildpackNotFound, BuildpackUnfetchable, BuildpackInvalid, ImageUnfetchable.
    """
    if reference.script is not None:
        return _inline(reference, reference.script, home)
    named = read(reference.text, base=base)
    match named.kind:
        case "builtin":
            return builtin_buildpack(named.address, reference)
        case "path":
            return _from_path(Path(named.address), reference, home)
        case "git" | "tarball":
            return _fetched(named, reference, home, network=network, emit=emit)
        case "image" if named.address.startswith(REGISTRY_NAME):
            reason = "Names of the Cloud Native registry index are not looked up."
            raise BuildpackNotFound(reference=reference.shown, origin=reference.origin, builtin=(), reason=reason)
        case "image":
            return _image(named.address, reference, home, network=network, emit=emit)
        case _:
            raise BuildpackNotFound(reference=reference.shown, origin=reference.origin, builtin=builtin.available())


def builtin_buildpack(name: str, reference: BuildpackReference) -> Buildpack:
    """Its digest covers the shared library too: a fix there must rebuild."""
    root = builtin.folder() / name
    digest = hashlib.sha256(
        (_plain_digest(root) + _plain_digest(builtin.folder() / builtin.SHARED)).encode()
    ).hexdigest()
    return identity.identify(root, uri=f"builtin:{name}", reference=reference, digest=digest)


def _plain_digest(root: Path) -> str:
    if not root.is_dir():
        return ""
    return trees.digest(root, trees.walk(root, skip=_litter))


def _package_digest(root: Path, depth: int = 8) -> str:
    """A folder's digest; a package's covers the folders that it depends on, for a change there must rebuild."""
    own = _plain_digest(root)
    if not depth or not (root / "package.toml").is_file():
        return own
    from slugc.buildpack.cloudnative.gathering import local_dependencies

    folders = [root / text for text in local_dependencies(root)]
    inner = [_package_digest(folder.resolve(), depth - 1) for folder in folders if folder.is_dir()]
    return hashlib.sha256("".join([own, *inner]).encode()).hexdigest() if inner else own


def _litter(path: str) -> bool:
    return path.removesuffix("/").rpartition("/")[2] in SKIP


def _from_path(path: Path, reference: BuildpackReference, home: Home) -> Buildpack:
    if path.is_dir():
        root = path.resolve()
        if (root / LAYOUT).is_file():
            return _layout(root, reference, home, uri=f"file:{root}")
        return identity.identify(root, uri=f"file:{root}", reference=reference, digest=_package_digest(root))
    if not path.is_file():
        raise BuildpackNotFound(reference=reference.shown, origin=reference.origin, builtin=builtin.available())
    root = _store(home, lambda target: _unpack(path, target, reference))
    if (root / LAYOUT).is_file():
        return _layout(root, reference, home, uri=f"file:{path.resolve()}")
    return identity.identify(root, uri=f"file:{path.resolve()}", reference=reference, digest=root.name)


def _inline(reference: BuildpackReference, script: InlineScript, home: Home) -> Buildpack:
    from slugc.buildpack.cloudnative import inline

    name = reference.id or "inline"
    root = _store(home, lambda target: inline.write(target, id=name, version=reference.version, script=script))
    return identity.identify(root, uri=f"inline:{name}", reference=reference, digest=root.name)


def _image(address: str, reference: BuildpackReference, home: Home, *, network: bool, emit: Emit) -> Buildpack:
    """An image from a registry. A tag is asked for each time; without a network the last one that it meant is used."""
    from slugc.buildpack.cloudnative import images  # a build without images must not pay for them

    known = notes.recall(address, home)
    if network:
        with images.from_registry(address) as source:
            digest = source.manifest()[1].removeprefix("sha256:")
            if known is None or known.revision != digest:
                emit(Step(text=f"Fetching image {address}"))
                root = _image_tree(source, reference, home)
                known = Note(digest=root.name, revision=digest, uri=address)
                notes.keep(address, known, home)
    if known is None:
        raise BuildpackUnfetchable(
            reference=reference.shown, origin=reference.origin, url=shown(address), reason="the network is switched off"
        )
    found = images.unpacked(home.buildpacks / known.digest)
    uri = f"{address.partition('@')[0]}@sha256:{known.revision}"
    return identity.identify(found.main, uri=uri, reference=reference, digest=known.digest)


def _layout(root: Path, reference: BuildpackReference, home: Home, *, uri: str) -> Buildpack:
    from slugc.buildpack.cloudnative import images

    tree = _image_tree(images.Layout(root), reference, home)
    return identity.identify(images.unpacked(tree).main, uri=uri, reference=reference, digest=tree.name)


def _image_tree(source: "Source", reference: BuildpackReference, home: Home) -> Path:
    from slugc.buildpack.cloudnative import images

    with scratch(home.work, "image") as work:
        return _store(
            home, lambda target: images.unpack(source, target, reference=reference.shown, scratch=work), whole=True
        )


def _fetched(named: Named, reference: BuildpackReference, home: Home, *, network: bool, emit: Emit) -> Buildpack:
    """A git repository or a tarball. Its note tells which copy the reference meant last, and how to ask for a newer."""
    wrong = origins.problem(named)
    if wrong is not None:
        raise BuildpackNotFound(
            reference=reference.shown, origin=reference.origin, builtin=builtin.available(), reason=wrong
        )
    known = notes.recall(reference.text, home)
    if known is not None and origins.pinned(named):
        return _identified(known, reference, home)
    try:
        origins.check(named, network=network)
        fresh = (_from_git if named.kind == "git" else _from_tarball)(named, reference, home, known=known, emit=emit)
    except origins.Unreachable as error:
        if known is None:
            raise BuildpackUnfetchable(
                reference=reference.shown, origin=reference.origin, url=error.url, reason=error.reason
            ) from error
        emit(
            Warned(
                text=f"Using the copy of {reference.shown} that was fetched earlier: {error.reason}",
                hint="It may have moved on since.",
            )
        )
        return _identified(known, reference, home)
    if fresh != known:
        notes.keep(reference.text, fresh, home)
    return _identified(fresh, reference, home)


def _from_git(named: Named, reference: BuildpackReference, home: Home, *, known: Note | None, emit: Emit) -> Note:
    revision = origins.revision(named)
    if known is not None and known.revision == revision:
        return known
    emit(Step(text=f"Fetching buildpack {reference.shown}"))
    root = _store(home, lambda target: origins.clone(named.address, revision, target))
    return Note(digest=root.name, revision=revision, uri=f"git+{shown(named.address)}#{revision}")


def _from_tarball(named: Named, reference: BuildpackReference, home: Home, *, known: Note | None, emit: Emit) -> Note:
    with scratch(home.work, "fetch") as work:
        found = origins.archive(named, work / "archive", unless=known.unless if known else {})
        if found is None:
            assert known is not None, "only what is known can be unchanged"
            return known
        emit(Step(text=f"Fetching buildpack {reference.shown}"))
        root = _store(home, lambda target: _unpack(found.file, target, reference))
    return Note(digest=root.name, uri=shown(named.address), unless=found.unless)


def _identified(note: Note, reference: BuildpackReference, home: Home) -> Buildpack:
    root, version = home.buildpacks / note.digest, note.revision[:12]
    return identity.identify(root, uri=note.uri, reference=reference, digest=note.digest, version=version)


def _unpack(archive: Path, target: Path, reference: BuildpackReference) -> None:
    try:
        archives.unpack_tar(archive, target)
    except archives.ArchiveProblem as error:
        raise BuildpackInvalid(reference=reference.shown, reason=str(error)) from error


def _store(home: Home, bring: Callable[[Path], object], *, whole: bool = False) -> Path:
    """Let `bring` make a folder, and keep it under its digest. Two processes may store the same one.

    whole: what was brought is the content itself, never a folder round it.
    """
    with scratch(home.work, "fetch") as work:
        raw = work / "raw"
        bring(raw)
        clean = work / "clean"
        bare = whole or (raw / "bin").is_dir() or (raw / identity.DESCRIPTOR).is_file()
        content = raw if bare else archives.single_folder(raw)
        trees.copy(content, clean, skip=_litter)
        place = home.buildpacks / _plain_digest(clean)
        home.buildpacks.mkdir(parents=True, exist_ok=True)
        try:
            clean.rename(place)
        except OSError:
            if not place.is_dir():
                raise
            remove_tree(clean)
    return place
