"""Copies of what was fetched, each kept once under its digest, with a note of what the address meant last.

Said so when only an old copy is to be had: a build goes on without a network where it has built before.
"""

import contextlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slugc.buildpack import builtin, identity, notes, origins
from slugc.buildpack.notes import Note
from slugc.buildpack.reference import Named
from slugc.errors.source import BuildpackInvalid, BuildpackNotFound, BuildpackUnfetchable
from slugc.events import Emit, Step, Warned
from slugc.host import archives, trees
from slugc.host.files import discard, remove_tree, scratch, sync_below, sync_folder
from slugc.host.home import Home
from slugc.model.address import shown
from slugc.model.buildpack import BuildpackReference

UNUSED = 30 * 86_400.0
SUPERSEDED = 86_400.0
_DIGEST = re.compile("[0-9a-f]{64}")
SKIP = frozenset({".git", ".DS_Store", "__pycache__"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A git repository or a tarball, and who asks for it."""

    named: Named
    key: str
    """Whose note it is."""
    label: str
    """What it is called on the way."""
    reference: BuildpackReference
    """Named by errors."""
    whole: bool = False
    """What was brought is the content itself, never a folder round it."""


def latest(wanted: Wanted, home: Home, *, network: bool, emit: Emit) -> Note:
    """The copy that the address means today; an earlier one, with a warning, where nobody answers.

    Raises BuildpackNotFound, BuildpackUnfetchable, BuildpackInvalid.
    """
    reference, named = wanted.reference, wanted.named
    wrong = origins.problem(named)
    if wrong is not None:
        raise BuildpackNotFound(
            reference=reference.shown, origin=reference.origin, builtin=builtin.available(), reason=wrong
        )
    known = notes.recall(wanted.key, home)
    if known is not None and origins.pinned(named):
        return known
    try:
        origins.check(named, network=network)
        fresh = (_from_git if named.kind == "git" else _from_tarball)(wanted, home, known=known, emit=emit)
    except origins.Unreachable as error:
        if known is None:
            raise BuildpackUnfetchable(
                reference=reference.shown, origin=reference.origin, url=error.url, reason=error.reason
            ) from error
        emit(
            Warned(
                text=f"Using the copy of {wanted.label} that was fetched earlier: {error.reason}",
                hint="It may have moved on since.",
            )
        )
        return known
    if fresh != known:
        notes.keep(wanted.key, fresh, home)
    return fresh


def _from_git(wanted: Wanted, home: Home, *, known: Note | None, emit: Emit) -> Note:
    address, revision = wanted.named.address, origins.revision(wanted.named)
    if known is not None and known.revision == revision:
        return known
    emit(Step(text=f"Fetching {wanted.label}"))
    root = store(home, lambda target: origins.clone(address, revision, target), whole=wanted.whole)
    return Note(digest=root.name, revision=revision, uri=f"git+{shown(address)}#{revision}")


def _from_tarball(wanted: Wanted, home: Home, *, known: Note | None, emit: Emit) -> Note:
    with scratch(home.work, "fetch") as work:
        found = origins.archive(wanted.named, work / "archive", unless=known.unless if known else {})
        if found is None:
            assert known is not None, "only what is known can be unchanged"
            return known
        emit(Step(text=f"Fetching {wanted.label}"))
        root = store(home, lambda target: unpack(found.file, target, wanted.reference), whole=wanted.whole)
    return Note(digest=root.name, uri=shown(wanted.named.address), unless=found.unless)


def unpack(archive: Path, target: Path, reference: BuildpackReference) -> None:
    """Raises BuildpackInvalid."""
    try:
        archives.unpack_tar(archive, target)
    except archives.ArchiveProblem as error:
        raise BuildpackInvalid(reference=reference.shown, reason=str(error)) from error


def store(home: Home, bring: Callable[[Path], object], *, whole: bool = False) -> Path:
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
        place = home.buildpacks / plain_digest(clean)
        home.buildpacks.mkdir(parents=True, exist_ok=True)
        try:
            if not place.is_dir():
                sync_below(clean)
            clean.rename(place)
            sync_folder(home.buildpacks)
        except OSError:
            if not place.is_dir():
                raise
            remove_tree(clean)
    os.utime(place)  # it was used now
    return place


def collect(home: Home, *, now: float) -> tuple[str, ...]:
    """Move copies to the trash that a build would make again and that none has used for long: those that an address
    still means after UNUSED, others (a branch that has moved on, a file of this machine, a script of project.toml)
    after SUPERSEDED. Their digests. `now`: seconds of the epoch."""
    meant = notes.digests(home, since=now - UNUSED)
    gone = []
    for place in sorted(home.buildpacks.iterdir()) if home.buildpacks.is_dir() else ():
        with contextlib.suppress(OSError):
            if _DIGEST.fullmatch(place.name) and place.name not in meant and place.stat().st_mtime < now - SUPERSEDED:
                discard(place, home.trash)
                gone.append(place.name)
    return tuple(gone)


def plain_digest(root: Path) -> str:
    """Empty where there is no such folder."""
    if not root.is_dir():
        return ""
    return trees.digest(root, trees.walk(root, skip=_litter))


def _litter(path: str) -> bool:
    return path.removesuffix("/").rpartition("/")[2] in SKIP
