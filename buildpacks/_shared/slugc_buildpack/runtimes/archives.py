"""Unpacking of what a source served: tar (any compression the stack can read), zip, deb. Never outside the target."""

import copy
import os
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from slugc_buildpack import trees
from slugc_buildpack.runtimes.contract import Unavailable


def unpack_tar(archive: Path, into: Path, *, strip: int = 0, only: tuple[str, ...] = ()) -> None:
    """Members without their first `strip` folders; with `only`, those under one of these prefixes (after the strip).

    Raises Unavailable for a member that would land outside, or an archive that cannot be read.
    """
    into.mkdir(parents=True, exist_ok=True)
    opened = archive
    if archive.suffix in {".zst", ".zstd"} or _magic(archive) == b"\x28\xb5\x2f\xfd":
        opened = archive.with_name(archive.name + ".tar")  # Python reads zstd from 3.14 on
        _zstd(archive, opened)
    try:
        with tarfile.open(opened) as tar:
            for member in tar:
                renamed = _stripped(member.name, strip)
                if renamed is None or (only and not any(renamed == p or renamed.startswith(p + "/") for p in only)):
                    continue
                _extract(tar, member, renamed, _stripped(member.linkname, strip), into)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise Unavailable(f"{archive.name} cannot be unpacked: {error}") from error
    finally:
        if opened != archive:
            opened.unlink(missing_ok=True)


def unpack_zip(archive: Path, into: Path, *, prefix: str = "") -> None:
    """Members under `prefix`, without it, with their modes (a wheel keeps them in the external attributes)."""
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                name = member.filename.removeprefix(prefix)
                if member.is_dir() or not name or not member.filename.startswith(prefix):
                    continue
                target = into / name
                if ".." in PurePosixPath(name).parts or name.startswith("/"):
                    raise Unavailable(f"{archive.name} has a member outside: {member.filename}")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(opened.read(member))
                target.chmod(stat.S_IMODE(member.external_attr >> 16) or 0o644)
    except (zipfile.BadZipFile, OSError) as error:
        raise Unavailable(f"{archive.name} cannot be unpacked: {error}") from error


def unpack_deb(archive: Path, into: Path) -> None:
    """The files of a Debian package, as dpkg-deb lays them out; no maintainer script runs."""
    into.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["dpkg-deb", "-x", str(archive), str(into)], capture_output=True, check=False)
    if done.returncode:
        raise Unavailable(f"{archive.name} cannot be unpacked: {done.stderr.decode('utf-8', 'replace').strip()}")


# Python's own filters came with 3.11.4, and Debian 12 has 3.11.2: the checks are ours, the same on every version.
_UNFILTERED: dict[str, Any] = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, name: str, linked: str | None, into: Path) -> None:
    """One member at its new name: nothing outside, nothing through a link, no device, no set-uid. Symbolic links may
    be absolute, as those of runtimes are; the normaliser looks at them."""
    renamed = copy.copy(member)
    renamed.name, renamed.mode = name, member.mode & 0o755
    root = into.resolve()
    targets = [name, linked or ""] if member.islnk() else [name]
    for target in targets:
        parent = (root / target).parent.resolve()
        if ".." in PurePosixPath(target).parts or not (parent == root or root in parent.parents):
            raise tarfile.ExtractError(f"{member.name} would land outside")
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise tarfile.ExtractError(f"{member.name} is a device")
    if member.islnk():
        renamed.linkname = linked or member.linkname
    tar.extract(renamed, into, **_UNFILTERED)


def _stripped(name: str, strip: int) -> str | None:
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return "/".join(parts[strip:]) or None


def _magic(archive: Path) -> bytes:
    with archive.open("rb") as opened:
        return opened.read(4)


def _zstd(archive: Path, target: Path) -> None:
    try:
        subprocess.run(["zstd", "-dqf", str(archive), "-o", str(target)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"{archive.name} is compressed by zstd, and the build stack has no working zstd") from error


def make_links_relative(tree: Path) -> None:
    """Absolute links whose target lies in the tree become relative; links to nothing are removed."""
    for path in [path for path in trees.walk(tree) if path.is_symlink()]:
        target = os.readlink(path)  # noqa: PTH115 - the text of the link, unnormalised
        inside = tree / target.lstrip("/")
        if target.startswith("/") and inside.exists():
            path.unlink()
            path.symlink_to(os.path.relpath(inside, path.parent))
    # Removing one link may leave another one dangling.
    while dangling := [path for path in trees.walk(tree) if path.is_symlink() and not path.exists()]:
        for path in dangling:
            path.unlink()
