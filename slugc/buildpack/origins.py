"""A buildpack's git repository or tarball: what it stands for today, and its files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slugc.buildpack.reference import Named
from slugc.host.git import GitFailed, git
from slugc.host.network import DownloadFailed, download
from slugc.model.address import shown

_DIGEST = re.compile(r"sha256=(?P<digest>[0-9a-f]{64})")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class Unreachable(Exception):
    """Facts of an origin that cannot be had; the caller uses an earlier copy, or fails."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(reason)
        self.url, self.reason = shown(url), reason.replace(url, shown(url))


def pinned(named: Named) -> bool:
    """Whether the reference can never mean anything else: a commit, or a tarball's own digest."""
    return (_COMMIT if named.kind == "git" else _DIGEST).fullmatch(named.ref) is not None


def problem(named: Named) -> str | None:
    """What is wrong with the part behind `#`, where that can be told without asking."""
    if named.kind == "tarball" and named.ref and not pinned(named):
        return f"a tarball has no branch or tag: #{named.ref} can only be #sha256= and 64 hexadecimal digits"
    return None


def check(named: Named, *, network: bool) -> None:
    """Raises Unreachable for another machine's files where the network is switched off."""
    if not network and not named.address.startswith(("/", "file://")):
        raise Unreachable(named.address, "the network is switched off")


def revision(named: Named) -> str:
    """The commit that a git reference stands for today; a tarball's declared digest, or nothing. Raises Unreachable."""
    if named.kind != "git" or pinned(named):
        return named.ref
    wanted = named.ref or "HEAD"
    try:
        listing = git(
            "ls-remote", "--", named.address, wanted, f"{wanted}^{{}}", seconds=60, server=named.address
        ).decode()
    except GitFailed as error:
        raise Unreachable(named.address, error.reason) from error
    found: dict[str, str] = {}
    for line in listing.splitlines():
        commit, _, name = line.partition("\t")
        found[name] = commit
    for name in (f"refs/tags/{wanted}^{{}}", f"refs/tags/{wanted}", f"refs/heads/{wanted}", wanted):
        if name in found:
            return found[name]
    if named.ref and len(named.ref) >= 7:
        return named.ref  # a short commit: only the whole history can say
    raise Unreachable(named.address, f"it has no branch, tag or commit {wanted}")


def clone(address: str, commit: str, target: Path) -> None:
    """Raises Unreachable."""
    try:
        _clone(address, commit, target)
    except GitFailed as error:
        raise Unreachable(address, error.reason) from error


@dataclass(frozen=True, slots=True)
class Archive:
    file: Path
    unless: Mapping[str, str]
    """The headers that ask for a newer one next time."""


def archive(named: Named, target: Path, *, unless: Mapping[str, str]) -> Archive | None:
    """The tarball, fetched into `target` or where it lies. None: it is still the one that `unless` came with.

    Raises Unreachable.
    """
    declared = _DIGEST.fullmatch(named.ref)
    try:
        if named.address.startswith("file://"):
            local = Path(named.address.removeprefix("file://"))
            local.stat()
            return Archive(local, {})
        found = download(named.address, target, sha256=declared["digest"] if declared else "", unless=unless)
    except DownloadFailed as error:
        raise Unreachable(error.url, error.reason) from error
    except OSError as error:
        raise Unreachable(named.address, error.strerror or str(error)) from error
    return Archive(target, found.validators) if found else None


def _clone(address: str, commit: str, target: Path) -> None:
    git("init", "--quiet", str(target))
    try:
        git("fetch", "--quiet", "--depth", "1", "--", address, commit, cwd=target, server=address)
        git("checkout", "--quiet", "--detach", "FETCH_HEAD", cwd=target)
    except GitFailed:
        # Many servers do not hand out a commit by its number: fetch everything, then look.
        heads = "+refs/heads/*:refs/remotes/origin/*"
        git("fetch", "--quiet", "--tags", "--", address, heads, cwd=target, server=address)
        git("checkout", "--quiet", "--detach", commit, cwd=target)
    if (target / ".gitmodules").is_file():
        git("remote", "add", "origin", address, cwd=target, server=address)
        git("submodule", "--quiet", "update", "--init", "--recursive", cwd=target, server=address)
