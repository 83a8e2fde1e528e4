"""One normaliser for every source: what a runtime must not carry leaves it, whoever served it."""

import shutil
import subprocess
from pathlib import Path

from slugc_buildpack import elf, trees
from slugc_buildpack.build import Build, find_tool
from slugc_buildpack.runtimes.archives import make_links_relative

REVISION = "1"
"""Part of every key of the store."""

_CACHES = frozenset({"__pycache__", ".cache", ".git"})
_PRUNED = ("share/doc", "share/man", "share/info", "share/locale", "share/applications", "share/pixmaps", "man")
_CA_STORES = frozenset({"cacert.pem", "cacerts", "ca-certificates.crt", "ca-bundle.crt", "cert.pem"})
# A jmod is a JDK's raw material: its link time would not strip the copies that jlink makes.
_NOT_STRIPPED = frozenset({".a", ".o", ".jmod", ".jar"})


def normalise(tree: Path, build: Build, *, keep_ca_store: bool, intact: bool = False) -> None:
    """Prune, drop CA stores and dangling links, make modes plain, strip compiled files.

    The host's trust must not travel in a slug: a CA store of this machine may hold its own authorities.
    """
    for name in () if intact else _PRUNED:
        trees.remove(tree / name)
    for folder in [path for path in tree.rglob("*") if path.is_dir() and not path.is_symlink()]:
        if folder.name in _CACHES:
            trees.remove(folder)
    make_links_relative(tree)
    stripper = find_tool("strip", build.environ) if not intact else None
    for path in list(trees.walk(tree)):
        if not keep_ca_store and path.name in _CA_STORES:
            path.unlink()
        elif not path.is_symlink():
            _plain(path, stripper)
    for folder in [tree, *(path for path in tree.rglob("*") if path.is_dir() and not path.is_symlink())]:
        folder.chmod(0o755)


def refuses(tree: Path, build: Build) -> list[str]:
    """Why the tree cannot run on this stack: sentences naming the file and the library or glibc version."""
    return elf.unmet(tree, glibc=build.stack.glibc, folders=elf.stack_folders(build.stack.multiarch))


def set_runpath(path: Path, runpath: str, build: Build) -> bool:
    """Write an ELF file's RUNPATH by patchelf. False where there is no patchelf."""
    tool = find_tool("patchelf", build.environ)
    if tool is None:
        return False
    subprocess.run([tool, "--set-rpath", runpath, str(path)], check=True, capture_output=True)
    return True


def rewrite_prefix(tree: Path, old: str, new: str) -> None:
    """Replace a path in the text files of a tree (scripts, .pc files, Makefiles, sysconfig)."""
    before, after = old.encode(), new.encode()
    for path in trees.walk(tree):
        if path.is_symlink() or path.stat().st_size > 4 << 20:
            continue
        data = path.read_bytes()
        if before in data and b"\0" not in data:
            path.write_bytes(data.replace(before, after))


def strips(build: Build) -> bool:
    """Whether compiled files are stripped here: another tree, so it belongs into the key."""
    return shutil.which("strip", path=build.environ.get("PATH")) is not None


def _plain(path: Path, strip: str | None) -> None:
    mode = path.stat().st_mode
    path.chmod(0o755 if mode & 0o111 else 0o644)
    if strip and path.suffix not in _NOT_STRIPPED and elf.is_elf(path):
        # A file that strip does not understand stays as it is.
        subprocess.run([strip, "--strip-unneeded", str(path)], check=False, capture_output=True)
