"""Looking at a source without copying it: enough to know whether anything changed since the last build."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from slugc.errors.source import SourceUnreadable
from slugc.host import trees
from slugc.host.git import GitFailed, git
from slugc.host.marked import as_marked
from slugc.model.inputs import SourceState
from slugc.model.marks import FileMark, Marks
from slugc.source import repository
from slugc.source.ignoring import Ignoring, is_result
from slugc.source.place import Place
from slugc.source.snapshot import epoch, look_at_git

SETTLED_NS = 2_000_000_000
"""A file that was written shortly before it was looked at may be written again without its times changing (some
file systems count in 2 s): its stat is not trusted next time, and its content is read again."""


def survey(place: Place, *, known: SourceState | None, now_ns: int, environ: Mapping[str, str]) -> SourceState:
    """What the source is now. `known` is the state at the last build: files whose stat is as it was then are not
    read. Raises SourceUnreadable, NotACommit."""
    try:
        if place.kind == "git":
            return _commit(place, environ)
        if place.kind == "tarball":
            return _tarball(place, known, now_ns, environ)
        return _folder(place, known, now_ns, environ)
    except OSError as error:
        raise SourceUnreadable(path=error.filename or str(place.path), reason=error.strerror or str(error)) from error


def _commit(place: Place, environ: Mapping[str, str]) -> SourceState:
    commit, time = repository.resolve(place.path, place.reference)
    try:
        tree = git("rev-parse", "--verify", f"{commit}^{{tree}}", cwd=place.path).decode().strip()
    except GitFailed:
        tree = commit
    return SourceState(kind="git", identity=f"tree {tree}", commit=commit, mtime=epoch(environ, time))


def _tarball(place: Place, known: SourceState | None, now_ns: int, environ: Mapping[str, str]) -> SourceState:
    info = place.path.stat()
    entry = trees.Entry("", info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
    before = known.files.get("") if known is not None and known.kind == "tarball" else None
    trusted = before is not None and before[:5] == entry.mark
    content = before[5] if trusted and before is not None else trees.hash_file(str(place.path))
    return SourceState(
        kind="tarball",
        identity=f"sha256 {content}",
        mtime=epoch(environ, None),
        files={"": _mark(entry, content, now_ns)},
    )


def _folder(place: Place, known: SourceState | None, now_ns: int, environ: Mapping[str, str]) -> SourceState:
    work_tree = look_at_git(place)
    ignoring = Ignoring.of(place.path, by_git=work_tree.ignored if work_tree else (), never=place.never)
    mtime = epoch(environ, work_tree.time if work_tree else None)
    rules = ignoring.digest()
    before = known.files if known is not None and known.kind == "folder" else {}
    if known is not None and _as_known(place.path, known, ignoring, rules):
        return replace(
            known,
            commit=work_tree.commit if work_tree else None,
            dirty=bool(work_tree and work_tree.dirty),
            mtime=mtime,
        )
    entries = list(trees.walk(place.path, skip=ignoring.skip))
    contents: dict[str, str] = {}
    unread: list[trees.Entry] = []
    for entry in entries:
        mark = before.get(entry.path)
        if entry.is_file:
            if mark is not None and mark[:5] == entry.mark:
                contents[entry.path] = mark[5]
            else:
                unread.append(entry)
    digests = trees.hash_files(place.path, [e.path for e in unread], size=sum(e.size for e in unread))
    contents.update(zip((entry.path for entry in unread), digests, strict=True))
    return SourceState(
        kind="folder",
        identity=f"sha256 {trees.combine(place.path, entries, contents)}",
        commit=work_tree.commit if work_tree else None,
        dirty=bool(work_tree and work_tree.dirty),
        mtime=mtime,
        files={entry.path: _mark(entry, _content(place.path, entry, contents), now_ns) for entry in entries},
        rules=rules,
        slugs=tuple(sorted(ignoring.slugs)),
    )


def _as_known(root: Path, known: SourceState, ignoring: Ignoring, rules: str) -> bool:
    """Whether nothing can have happened to the source. What was left out is not looked at: it would be left out
    again where the rules are the same, and a slug is still a slug."""
    if known.kind != "folder" or known.rules != rules or not known.files:
        return False
    if not all(is_result(root / path) for path in known.slugs):
        return False
    return as_marked(root, Marks.pack(known.files), skip=ignoring.skip)


def _content(root: Path, entry: trees.Entry, contents: Mapping[str, str]) -> str:
    if entry.is_link:
        return os.readlink(f"{root}/{entry.path}")  # noqa: PTH115 - hot loop over strings
    return contents.get(entry.path, "")


def _mark(entry: trees.Entry, content: str, now_ns: int) -> FileMark:
    if max(entry.mtime_ns, entry.ctime_ns) > now_ns - SETTLED_NS:
        return (entry.mode, -1, 0, 0, 0, content)
    mode, size, mtime, ctime, inode = entry.mark
    return (mode, size, mtime, ctime, inode, content)
