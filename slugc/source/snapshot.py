"""The private copy that a build works on."""

import os
from collections.abc import Mapping
from pathlib import Path

from slugc.errors.source import SourceUnreadable, UnsafeArchive
from slugc.events import Emit, Output, Warned
from slugc.host import archives, trees
from slugc.model.build import SourceTree
from slugc.model.slug import SourceRecord
from slugc.source import repository
from slugc.source.ignoring import FILE, RESULTS, Ignoring, is_result
from slugc.source.place import Place

EPOCH = 315_532_800
"""1980-01-01: where neither SOURCE_DATE_EPOCH nor a commit gives a time. Zip files, wheels among them, cannot
hold an older one, and many a build step makes some."""


def snapshot(place: Place, into: Path, *, scratch: Path, environ: Mapping[str, str], emit: Emit) -> SourceTree:
    """Put the source at `into`: .slugignore applied, no litter of version control, every file a copy with the
    tree's time. Links stay links; sockets and devices are left out with a note.

    Raises SourceUnreadable, NotACommit, SubmoduleUnreachable, UnsafeArchive.
    """
    try:
        take = {"folder": _folder, "git": _commit, "tarball": _tarball}[place.kind]
        tree = take(place, into, scratch=scratch, environ=environ, emit=emit)
    except OSError as error:
        raise SourceUnreadable(path=error.filename or str(place.path), reason=error.strerror or str(error)) from error
    for note in tree.notes:
        emit(Output(text=note))
    return tree


def epoch(environ: Mapping[str, str], commit_time: int | None) -> int:
    """The time of everything in the slug, in seconds: SOURCE_DATE_EPOCH, else the commit's, else 1980."""
    named = environ.get("SOURCE_DATE_EPOCH", "")
    if named.isascii() and named.isdigit():
        return int(named)
    return EPOCH if commit_time is None else commit_time


def _folder(place: Place, into: Path, *, scratch: Path, environ: Mapping[str, str], emit: Emit) -> SourceTree:
    git = look_at_git(place)
    ignoring = _ignoring(place.path, git.ignored if git else frozenset(), emit, never=place.never)
    mtime = epoch(environ, git.time if git else None)
    if git and git.problem:
        emit(Warned(text=f"git does not tell the commit: {git.problem}", hint="The slug is built without one."))
    copied = trees.copy(place.path, into, skip=ignoring.skip, mtime=_file_time(mtime), digesting=True)
    digest = copied.digest
    notes = (*ignoring.notes(), *_left_out(copied.left_out))
    if git and git.submodules:
        repository.fill_submodules(place.path, into, git.submodules, scratch=scratch)
        repository.drop_litter(into, ignoring.skip)
        digest = trees.digest(into, _settle(into, mtime))
    record = SourceRecord(
        kind="folder", digest=digest, commit=git.commit if git else None, dirty=bool(git and git.dirty)
    )
    return SourceTree(root=into, record=record, mtime=mtime, files=copied.files, size=copied.size, notes=notes)


def _commit(place: Place, into: Path, *, scratch: Path, environ: Mapping[str, str], emit: Emit) -> SourceTree:
    commit, time = repository.resolve(place.path, place.reference)
    repository.check_out(place.path, commit, into, scratch=scratch)
    return _pruned(into, epoch(environ, time), kind="git", commit=commit, emit=emit)


def _tarball(place: Place, into: Path, *, scratch: Path, environ: Mapping[str, str], emit: Emit) -> SourceTree:
    scratch.mkdir(parents=True, exist_ok=True)
    unpacked = scratch / "unpacked"
    try:
        result = archives.unpack_tar(place.path, unpacked)
    except archives.ArchiveProblem as error:
        raise UnsafeArchive(archive=place.text, member=error.member, reason=error.reason) from error
    archives.single_folder(unpacked).rename(into)
    commit = result.comment if len(result.comment) == 40 else None
    return _pruned(into, epoch(environ, None), kind="tarball", commit=commit, emit=emit, left_out=result.left_out)


def _pruned(
    into: Path, mtime: int, *, kind: str, commit: str | None, emit: Emit, left_out: tuple[str, ...] = ()
) -> SourceTree:
    ignoring = _ignoring(into, frozenset(), emit)
    repository.drop_litter(into, ignoring.skip)
    entries = _settle(into, mtime)
    return SourceTree(
        root=into,
        record=SourceRecord(kind=kind, digest=trees.digest(into, entries), commit=commit),
        mtime=mtime,
        files=sum(entry.is_file for entry in entries),
        size=sum(entry.size for entry in entries if entry.is_file),
        notes=(*ignoring.notes(), *_left_out(left_out)),
    )


def look_at_git(place: Place) -> repository.WorkTree | None:
    """What git says of a folder; None where it is no repository of its own."""

    def own(path: str) -> bool:
        return path in place.never or (path.endswith(RESULTS) and is_result(place.path / path))

    return repository.work_tree(place.path, own=own)


def _ignoring(root: Path, by_git: frozenset[str], emit: Emit, *, never: frozenset[str] = frozenset()) -> Ignoring:
    ignoring = Ignoring.of(root, by_git=by_git, never=never)
    for number, text in ignoring.patterns.negated:
        emit(
            Warned(
                text=f"{FILE} line {number}: {text} is not obeyed; .slugignore has no negation",
                hint="Name what to leave out, not what to keep.",
                file=FILE,
                line=number,
            )
        )
    return ignoring


def _settle(root: Path, mtime: int) -> list[trees.Entry]:
    """Modes 0644 or 0755, every file at the tree's time. The entries as they are afterwards."""
    entries = list(trees.walk(root))
    time = _file_time(mtime)
    for entry in entries:
        name = f"{root}/{entry.path}"
        if entry.is_folder:
            os.chmod(name, 0o755)  # noqa: PTH101, S103 - hot loop over strings; a slug's folders are for every reader
        elif entry.is_file:
            os.chmod(name, 0o755 if entry.mode & 0o100 else 0o644)  # noqa: PTH101
            os.utime(name, (time, time))
    return entries


def _file_time(mtime: int) -> int:
    return max(mtime, EPOCH)


def _left_out(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{path} left out: a socket, device or pipe" for path in paths)
