"""Buildpacks brought home: copied or fetched once, kept by digest, and said so when only an old copy is to be had."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.buildpack import builtin, identity
from slugc.buildpack.reference import Named, read
from slugc.errors.source import BuildpackInvalid, BuildpackNotFound, BuildpackUnfetchable
from slugc.events import Emit, Step, Warned
from slugc.host import archives, trees
from slugc.host.files import remove_tree, scratch, write_atomic
from slugc.host.git import GitFailed, git
from slugc.host.home import Home
from slugc.host.network import DownloadFailed, download
from slugc.model.buildpack import Buildpack, BuildpackReference, InlineScript

if TYPE_CHECKING:
    from slugc.buildpack.cloudnative.images import Source

LAYOUT = "oci-layout"
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
        case "image":
            return _image(named.address, reference, home, network=network, emit=emit)
        case _:
            raise BuildpackNotFound(reference=reference.text, origin=reference.origin, builtin=builtin.available())


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
        raise BuildpackNotFound(reference=reference.text, origin=reference.origin, builtin=builtin.available())
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

    note = home.buildpacks / "refs" / f"{hashlib.sha256(address.encode()).hexdigest()}.json"
    known = _known(note, home)
    if not network and known is None:
        raise BuildpackUnfetchable(
            reference=reference.text, origin=reference.origin, url=address, reason="the network is switched off"
        )
    if network:
        with images.from_registry(address) as source:
            digest = source.manifest()[1].removeprefix("sha256:")
            if known is None or known["revision"] != digest:
                emit(Step(text=f"Fetching image {address}"))
                root = _image_tree(source, reference, home)
                known = {"digest": root.name, "revision": digest, "uri": address}
                write_atomic(note, json.dumps(known).encode())
    assert known is not None
    found = images.unpacked(home.buildpacks / known["digest"])
    uri = f"{address.partition('@')[0]}@sha256:{known['revision']}"
    return identity.identify(found.main, uri=uri, reference=reference, digest=known["digest"])


def _layout(root: Path, reference: BuildpackReference, home: Home, *, uri: str) -> Buildpack:
    from slugc.buildpack.cloudnative import images

    tree = _image_tree(images.Layout(root), reference, home)
    return identity.identify(images.unpacked(tree).main, uri=uri, reference=reference, digest=tree.name)


def _image_tree(source: "Source", reference: BuildpackReference, home: Home) -> Path:
    from slugc.buildpack.cloudnative import images

    with scratch(home.work, "image") as work:
        return _store(
            home, lambda target: images.unpack(source, target, reference=reference.text, scratch=work), whole=True
        )


def _fetched(named: Named, reference: BuildpackReference, home: Home, *, network: bool, emit: Emit) -> Buildpack:
    note = home.buildpacks / "refs" / f"{hashlib.sha256(reference.text.encode()).hexdigest()}.json"
    known = _known(note, home)
    try:
        revision = _revision(named, network=network)
        if known is not None and revision and known["revision"] == revision:
            return _identified(known, reference, home)
        emit(Step(text=f"Fetching buildpack {reference.text}"))
        root = _store(home, lambda target: _bring(named, revision, target, reference))
    except _Unreachable as error:
        if known is None:
            raise BuildpackUnfetchable(
                reference=reference.text, origin=reference.origin, url=error.url, reason=error.reason
            ) from error
        if not (named.kind == "git" and _is_commit(named.ref)):
            emit(
                Warned(
                    text=f"Using the copy of {reference.text} that was fetched earlier: {error.reason}",
                    hint="It may have moved on since.",
                )
            )
        return _identified(known, reference, home)
    uri = named.address + (f"#{revision}" if revision else "")
    fresh = {"digest": root.name, "revision": revision, "uri": f"git+{uri}" if named.kind == "git" else uri}
    write_atomic(note, json.dumps(fresh).encode())
    return _identified(fresh, reference, home)


class _Unreachable(Exception):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(reason)
        self.url, self.reason = url, reason


def _known(note: Path, home: Home) -> dict[str, str] | None:
    try:
        known: dict[str, str] = json.loads(note.read_bytes())
        usable = set(known) == {"digest", "revision", "uri"} and (home.buildpacks / known["digest"]).is_dir()
    except (OSError, ValueError, TypeError):
        return None
    return known if usable else None


def _identified(known: dict[str, str], reference: BuildpackReference, home: Home) -> Buildpack:
    root = home.buildpacks / known["digest"]
    version = known["revision"][:12]
    return identity.identify(root, uri=known["uri"], reference=reference, digest=known["digest"], version=version)


def _is_commit(ref: str) -> bool:
    return len(ref) == 40 and all(c in "0123456789abcdef" for c in ref)


def _revision(named: Named, *, network: bool) -> str:
    """The commit that a git reference stands for today; a tarball has none. Raises _Unreachable."""
    if not network and not named.address.startswith(("/", "file://")):
        raise _Unreachable(named.address, "the network is switched off")
    if named.kind != "git" or _is_commit(named.ref):
        return named.ref
    wanted = named.ref or "HEAD"
    try:
        listing = git("ls-remote", "--", named.address, wanted, f"{wanted}^{{}}", seconds=60).decode()
    except GitFailed as error:
        raise _Unreachable(named.address, error.reason) from error
    found: dict[str, str] = {}
    for line in listing.splitlines():
        commit, _, name = line.partition("\t")
        found[name] = commit
    for name in (f"refs/tags/{wanted}^{{}}", f"refs/tags/{wanted}", f"refs/heads/{wanted}", wanted):
        if name in found:
            return found[name]
    if named.ref and len(named.ref) >= 7:
        return named.ref  # a short commit: only the whole history can say
    raise _Unreachable(named.address, f"it has no branch, tag or commit {wanted}")


def _bring(named: Named, revision: str, target: Path, reference: BuildpackReference) -> None:
    if named.kind == "tarball":
        archive = target.with_name("archive")
        try:
            if named.address.startswith("file://"):
                archive = Path(named.address.removeprefix("file://"))
                archive.stat()
            else:
                download(named.address, archive)
        except DownloadFailed as error:
            raise _Unreachable(error.url, error.reason) from error
        except OSError as error:
            raise _Unreachable(named.address, error.strerror or str(error)) from error
        _unpack(archive, target, reference)
        return
    try:
        _clone(named.address, revision, target)
    except GitFailed as error:
        raise _Unreachable(named.address, error.reason) from error


def _clone(address: str, revision: str, target: Path) -> None:
    git("init", "--quiet", str(target))
    try:
        git("fetch", "--quiet", "--depth", "1", "--", address, revision, cwd=target)
        git("checkout", "--quiet", "--detach", "FETCH_HEAD", cwd=target)
    except GitFailed:
        # Many servers do not hand out a commit by its number: fetch everything, then look.
        git("fetch", "--quiet", "--tags", "--", address, "+refs/heads/*:refs/remotes/origin/*", cwd=target)
        git("checkout", "--quiet", "--detach", revision, cwd=target)
    if (target / ".gitmodules").is_file():
        git("remote", "add", "origin", address, cwd=target)
        git("submodule", "--quiet", "update", "--init", "--recursive", cwd=target)


def _unpack(archive: Path, target: Path, reference: BuildpackReference) -> None:
    try:
        archives.unpack_tar(archive, target)
    except archives.ArchiveProblem as error:
        raise BuildpackInvalid(reference=reference.text, reason=str(error)) from error


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
