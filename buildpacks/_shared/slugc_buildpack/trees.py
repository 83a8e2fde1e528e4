"""Trees of files: fast copies, digests that do not depend on the clock, and removal."""

import hashlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path


def copy(source: Path, target: Path) -> None:
    """Copy a tree to a path that does not exist yet; links stay links. Shares blocks where the file system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # 3,000 files: cp takes 0.1 s, shutil.copytree 0.5 s.
    subprocess.run(["cp", "-a", "--reflink=auto", "--", str(source), str(target)], check=True)


def pack(source: Path, archive: Path) -> None:
    """The tree as one tar file, with its times: bytecode is compared with them."""
    subprocess.run(["tar", "--format=posix", "-C", str(source), "-cf", str(archive), "."], check=True)


def unpack(archive: Path, target: Path) -> None:
    """Into a path that does not exist yet."""
    target.mkdir(parents=True)
    subprocess.run(["tar", "-C", str(target), "-xf", str(archive)], check=True)


def remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path, onerror=_unlock)


def walk(root: Path) -> Iterator[Path]:
    """Every file and link under `root`, sorted by bytes; folders are not yielded and links not followed."""
    for folder, folders, files in os.walk(root):
        folders.sort(key=os.fsencode)
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118 - hot
        for name in sorted([*files, *links], key=os.fsencode):
            yield Path(folder, name)


def digest(root: Path) -> str:
    """sha256 over names, executable bits, link targets and contents; times and owners do not count."""
    total = hashlib.sha256()
    for path in walk(root):
        name = os.fsencode(path.relative_to(root))
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            total.update(b"link\0%s\0%s\0" % (name, os.fsencode(path.readlink())))
        elif stat.S_ISREG(status.st_mode):
            run = b"x" if status.st_mode & 0o100 else b"-"
            total.update(b"file\0%s\0%s\0%s\0" % (name, run, file_digest(path).encode()))
    return total.hexdigest()


def file_digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _unlock(function: object, name: str, _error: object) -> None:
    del function
    os.chmod(os.path.dirname(name), 0o700)  # noqa: PTH101, PTH120 - names from rmtree are strings
    if not os.path.islink(name) and os.path.isdir(name):  # noqa: PTH112, PTH114
        os.chmod(name, 0o700)  # noqa: PTH101
        shutil.rmtree(name, ignore_errors=True)
    else:
        os.unlink(name)  # noqa: PTH108
