"""The git side of a source: which commit, whether it is dirty, what git ignores, and the tree of a commit."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slugc.errors.source import NotACommit, SubmoduleUnreachable
from slugc.host import trees
from slugc.host.git import GitFailed, git

GITLINK = b"160000"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTree:
    """A folder that is the top of a git work tree. `problem` says why git tells nothing of it."""

    commit: str | None = None
    dirty: bool = False
    time: int | None = None
    ignored: frozenset[str] = frozenset()
    submodules: tuple[tuple[str, str], ...] = ()
    """(path, commit) of each submodule that the index names."""
    problem: str | None = None


def work_tree(folder: Path, *, own: Callable[[str], bool]) -> WorkTree | None:
    """None where `folder` itself is no repository. A folder further down in one is a plain folder: what stands
    around it must not change the slug. `own` tells files of slugc itself: they make no tree dirty."""
    if not (folder / ".git").exists():
        return None
    try:
        commit, time = _head(folder)
        changes = git("status", "--porcelain", "-z", "--no-renames", cwd=folder)
        ignored = git("ls-files", "-o", "-i", "--exclude-standard", "--directory", "-z", cwd=folder)
        submodules = gitlinks(git("ls-files", "-s", "-z", cwd=folder)) if (folder / ".gitmodules").exists() else ()
    except GitFailed as error:
        return WorkTree(problem=error.reason)
    return WorkTree(
        commit=commit,
        dirty=any(not own(path) for path in _changed(changes)),
        time=time,
        ignored=frozenset(name for name in ignored.decode("utf-8", "surrogateescape").split("\0") if name),
        submodules=submodules,
    )


def _changed(status: bytes) -> list[str]:
    """Paths of `git status --porcelain -z --no-renames`: two letters, a space, the path."""
    return [item[3:] for item in status.decode("utf-8", "surrogateescape").split("\0") if item]


def _head(folder: Path) -> tuple[str | None, int | None]:
    try:
        commit, _, time = git("log", "-1", "--format=%H %ct", "HEAD", "--", cwd=folder).decode().strip().partition(" ")
    except GitFailed:
        return None, None  # a repository without a first commit
    return commit or None, int(time) if time else None


def resolve(repository: Path, reference: str) -> tuple[str, int]:
    """(commit, its time in seconds). Raises NotACommit."""
    try:
        answer = git("log", "-1", "--format=%H %ct", "--end-of-options", reference, "--", cwd=repository)
    except GitFailed as error:
        raise NotACommit(repository=str(repository), reference=reference, reason=error.reason) from error
    commit, _, time = answer.decode().strip().partition(" ")
    return commit, int(time)


def check_out(repository: Path, commit: str, target: Path, *, scratch: Path) -> None:
    """Write the tree of `commit` into the new folder `target`, submodules included.

    Plumbing over an index of its own: the user's index and work tree are not touched, and unlike `git archive`
    nothing is left out by export-ignore. Raises SubmoduleUnreachable, NotACommit.
    """
    target.mkdir(parents=True, exist_ok=True)
    scratch.mkdir(parents=True, exist_ok=True)
    index = scratch / f"index-{len(list(scratch.iterdir()))}"
    try:
        git("read-tree", commit, cwd=repository, index=index)
        prefix = f"--prefix={target}/"
        git("checkout-index", "--all", "--force", "--quiet", prefix, cwd=repository, index=index)
        links = gitlinks(git("ls-files", "-s", "-z", cwd=repository, index=index))
    except GitFailed as error:
        raise NotACommit(repository=str(repository), reference=commit, reason=error.reason) from error
    fill_submodules(repository, target, links, scratch=scratch)


def fill_submodules(repository: Path, target: Path, links: tuple[tuple[str, str], ...], *, scratch: Path) -> None:
    """Check every submodule out into its (empty) folder of `target`."""
    scratch.mkdir(parents=True, exist_ok=True)
    names = target / ".gitmodules"
    # A copied work tree has lost the file already: it is litter there.
    urls = _submodule_urls(names if names.is_file() else repository / ".gitmodules") if links else {}
    for path, commit in links:
        place = target / path
        if place.is_symlink() or (place.is_dir() and any(place.iterdir())):
            continue
        url = urls.get(path, "")
        origin = _origin_of_submodule(repository, path, url, commit, scratch=scratch)
        check_out(origin, commit, place, scratch=scratch)


def _origin_of_submodule(repository: Path, path: str, url: str, commit: str, *, scratch: Path) -> Path:
    """A repository that has the submodule's commit: the checkout that is there already, else a fresh clone."""
    local = repository / path
    if (local / ".git").exists() and _has(local, commit):
        return local
    address = _absolute_url(repository, url)
    if not address:
        raise SubmoduleUnreachable(path=path, url="?", commit=commit, reason=".gitmodules does not name its address")
    clone = scratch / f"submodule-{len(list(scratch.iterdir()))}"
    try:
        git("clone", "--quiet", "--no-checkout", "--", address, str(clone), server=address)
        if not _has(clone, commit):
            git("fetch", "--quiet", "origin", commit, cwd=clone, server=address)
    except GitFailed as error:
        raise SubmoduleUnreachable(path=path, url=address, commit=commit, reason=error.reason) from error
    return clone


def _has(repository: Path, commit: str) -> bool:
    try:
        git("cat-file", "-e", f"{commit}^{{commit}}", cwd=repository)
    except GitFailed:
        return False
    return True


def _absolute_url(repository: Path, url: str) -> str:
    """Relative addresses (`../lib.git`) count from the repository's own origin."""
    if not url.startswith(("./", "../")):
        return url
    try:
        origin = git("config", "--get", "remote.origin.url", cwd=repository).decode("utf-8", "surrogateescape").strip()
    except GitFailed:
        origin = str(repository)
    parts = origin.rstrip("/").split("/")
    for part in url.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _submodule_urls(file: Path) -> dict[str, str]:
    try:
        # All of it: git's own --get-regexp finds no name that is not UTF-8.
        listing = git("config", "-z", "--file", str(file), "--list")
    except GitFailed:
        return {}
    found: dict[str, dict[str, str]] = {}
    for item in listing.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = item.partition("\n")
        match = re.fullmatch(r"submodule\.(.*)\.(path|url)", key, re.DOTALL)
        if match:
            found.setdefault(match[1], {})[match[2]] = value
    return {item["path"]: item["url"] for item in found.values() if "path" in item and "url" in item}


def gitlinks(listing: bytes) -> tuple[tuple[str, str], ...]:
    """(path, commit) of the submodules in what `git ls-files -s -z` printed."""
    links = []
    for item in listing.split(b"\0"):
        head, _, path = item.partition(b"\t")
        mode, _, rest = head.partition(b" ")
        if mode == GITLINK:
            links.append((path.decode("utf-8", "surrogateescape"), rest.split(b" ")[0].decode()))
    return tuple(links)


def drop_litter(target: Path, skip: trees.Skip) -> None:
    """Remove what must not enter the build from a tree of our own."""
    doomed: list[str] = []

    def keep_in_mind(path: str) -> bool:
        if skip(path):
            doomed.append(path)
            return True
        return False

    for _ in trees.walk(target, skip=keep_in_mind):
        pass
    from slugc.host.files import remove_tree

    for path in doomed:
        remove_tree(target / path)
