"""ELF files on disk: what each needs, and which libraries a root file system has."""

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

from slugc.formats.elf import MAGIC, ElfFile, parse


def elf_needs(path: Path) -> ElfFile | None:
    """The dynamic facts of the file at `path`; None where it is no ELF file, no regular file, or unreadable."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        # Most files are none: four bytes decide before anything is mapped.
        if os.pread(fd, 4, 0) != MAGIC:
            return None
        with mmap.mmap(fd, 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
            return parse(view)
    except (OSError, ValueError):
        return None
    finally:
        os.close(fd)


def elf_files(tree: Path) -> Iterator[tuple[Path, ElfFile]]:
    """Every ELF file of a tree, in the order of names. Links are not followed."""
    for folder, folders, files in os.walk(tree):
        folders.sort()
        for name in sorted(files):
            path = Path(folder, name)
            found = elf_needs(path)
            if found is not None:
                yield path, found


def library_folders(root: Path) -> list[Path]:
    """Where the loader of a root file system looks, the folders of ld.so.conf first."""
    names = [line for file in sorted((root / "etc/ld.so.conf.d").glob("*.conf")) for line in _lines(file)]
    names += ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"]
    names += [f"/{top}/{path.name}" for top in ("lib", "usr/lib") for path in (root / top).glob("*-linux-gnu*")]
    folders = [root / name.lstrip("/") for name in dict.fromkeys(names)]
    return [folder for folder in folders if folder.is_dir()]


def find_library(soname: str, folders: list[Path]) -> Path | None:
    """The library's real file. A link is followed by name alone: in a foreign root it must not lead out of it."""
    for folder in folders:
        path = folder / soname
        if path.is_symlink():
            path = folder / Path(os.readlink(path)).name  # noqa: PTH115 - the text, not a resolved path
        if path.is_file():
            return path
    return None


def glibc_of(root: Path) -> str:
    """The newest GLIBC_ version that the root's libc.so.6 defines: `2.36`; "" where there is none."""
    libc = find_library("libc.so.6", library_folders(root))
    found = elf_needs(libc.resolve()) if libc else None
    versions = [offer[6:] for offer in found.offers if offer.startswith("GLIBC_2.")] if found else []
    return max(versions, key=lambda text: [int(part) for part in text.split(".")], default="")


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip().startswith("/")]
