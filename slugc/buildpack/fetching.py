"""What a reference names, brought home: a buildpack that is ready to run."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.buildpack import builtin, copies, identity, notes
from slugc.buildpack.copies import Wanted, plain_digest
from slugc.buildpack.notes import Note
from slugc.buildpack.reference import Named, read
from slugc.errors.source import BuildpackNotFound, BuildpackUnfetchable, BuildpackUnreadable
from slugc.events import Emit, Step
from slugc.host.files import scratch
from slugc.host.home import Home
from slugc.model.address import shown
from slugc.model.buildpack import Buildpack, BuildpackReference, InlineScript

if TYPE_CHECKING:
    from slugc.buildpack.cloudnative.images import Source

LAYOUT = "oci-layout"


def fetch(reference: BuildpackReference, *, base: Path, home: Home, network: bool, emit: Emit) -> Buildpack:
    """The buildpack that `reference` names, ready to run. Relative paths count from `base`.

    Raises BuildpackNotFound, BuildpackUnfetchable, BuildpackInvalid, BuildpackUnreadable, ImageUnfetchable.
    """
    if reference.script is not None:
        return _inline(reference, reference.script, home)
    named = read(reference.text, base=base)
    match named.kind:
        case "builtin":
            return builtin_buildpack(named.address, reference)
        case "path":
            return _readable(Path(named.address), reference, home)
        case "git" | "tarball":
            return _fetched(named, reference, home, network=network, emit=emit)
        case "registered":
            from slugc.buildpack.cloudnative import registered

            address = registered.address(named.address, reference, home, network=network, emit=emit)
            return _image(address, reference, home, network=network, emit=emit)
        case "image":
            return _image(named.address, reference, home, network=network, emit=emit)
        case _:
            raise BuildpackNotFound(reference=reference.shown, origin=reference.origin, builtin=builtin.available())


def builtin_buildpack(name: str, reference: BuildpackReference) -> Buildpack:
    """Its digest covers the shared library too: a fix there must rebuild."""
    root = builtin.folder() / name
    digest = hashlib.sha256((plain_digest(root) + plain_digest(builtin.folder() / builtin.SHARED)).encode()).hexdigest()
    return identity.identify(root, uri=f"builtin:{name}", reference=reference, digest=digest)


def _package_digest(root: Path, depth: int = 8) -> str:
    """A folder's digest; a package's covers the folders that it depends on, for a change there must rebuild."""
    own = plain_digest(root)
    if not depth or not (root / "package.toml").is_file():
        return own
    from slugc.buildpack.cloudnative.gathering import local_dependencies

    folders = [root / text for text in local_dependencies(root)]
    inner = [_package_digest(folder.resolve(), depth - 1) for folder in folders if folder.is_dir()]
    return hashlib.sha256("".join([own, *inner]).encode()).hexdigest() if inner else own


def _readable(path: Path, reference: BuildpackReference, home: Home) -> Buildpack:
    try:
        return _from_path(path, reference, home)
    except PermissionError as error:
        if not Path(error.filename or "").is_relative_to(path.resolve()):
            raise  # of slugc's own folders
        raise BuildpackUnreadable(
            reference=reference.shown, path=error.filename, reason=error.strerror or str(error)
        ) from error


def _from_path(path: Path, reference: BuildpackReference, home: Home) -> Buildpack:
    if path.is_dir():
        root = path.resolve()
        if (root / LAYOUT).is_file():
            return _layout(root, reference, home, uri=f"file:{root}")
        return identity.identify(root, uri=f"file:{root}", reference=reference, digest=_package_digest(root))
    if not path.is_file():
        raise BuildpackNotFound(reference=reference.shown, origin=reference.origin, builtin=builtin.available())
    root = copies.store(home, lambda target: copies.unpack(path, target, reference))
    if (root / LAYOUT).is_file():
        return _layout(root, reference, home, uri=f"file:{path.resolve()}")
    return identity.identify(root, uri=f"file:{path.resolve()}", reference=reference, digest=root.name)


def _inline(reference: BuildpackReference, script: InlineScript, home: Home) -> Buildpack:
    from slugc.buildpack.cloudnative import inline

    name = reference.id or "inline"
    root = copies.store(home, lambda target: inline.write(target, id=name, version=reference.version, script=script))
    return identity.identify(root, uri=f"inline:{name}", reference=reference, digest=root.name)


def _image(address: str, reference: BuildpackReference, home: Home, *, network: bool, emit: Emit) -> Buildpack:
    """An image from a registry. A tag is asked for each time, a digest once; without a network the last image that
    the tag meant is used."""
    from slugc.buildpack.cloudnative import images  # a build without images must not pay for them

    known = notes.recall(address, home)
    if network and not (known is not None and address.endswith(f"@sha256:{known.revision}")):
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
        return copies.store(
            home, lambda target: images.unpack(source, target, reference=reference.shown, scratch=work), whole=True
        )


def _fetched(named: Named, reference: BuildpackReference, home: Home, *, network: bool, emit: Emit) -> Buildpack:
    label = f"buildpack {reference.shown}"
    wanted = Wanted(named=named, key=reference.text, label=label, reference=reference)
    note = copies.latest(wanted, home, network=network, emit=emit)
    root, version = home.buildpacks / note.digest, note.revision[:12]
    return identity.identify(root, uri=note.uri, reference=reference, digest=note.digest, version=version)
