"""May a slug boot on a stack it was not built for? Only where the libraries and the glibc it needs are there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from slugc.errors.stack import StackUnfit
from slugc.formats.elf import ElfFile
from slugc.model.slug import StackRecord
from slugc.stack.elf import elf_files, elf_needs, find_library, library_folders
from slugc.stack.value import Stack


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Lack:
    """One thing a slug's file needs and the stack has not."""

    library: str
    """A soname, or a machine."""
    version: str = ""
    """The symbol version, where the library is there and too old."""
    needed_by: str
    """Path in the slug of the first file that needs it."""

    @property
    def text(self) -> str:
        what = f"{self.library} with {self.version}" if self.version else self.library
        return f"{what}, needed by {self.needed_by}"


def check(built_for: StackRecord, stack: Stack, tree: Path) -> None:
    """Raises StackUnfit where `tree` (an unpacked slug) cannot boot on `stack`. A slug built for this very
    stack is not read at all."""
    if same(built_for, stack.record):
        return
    lacking = lacks(tree, stack.root)
    if lacking:
        raise StackUnfit(stack=stack.name, built_for=built_for.name, lacks=[lack.text for lack in lacking])


def same(one: StackRecord, other: StackRecord) -> bool:
    """The same contents, or (the host's have no digest) the same system."""
    if one.digest or other.digest:
        return one.digest == other.digest
    facts = ("name", "os", "arch", "distro", "distro_version", "glibc")
    return all(getattr(one, fact) == getattr(other, fact) for fact in facts)


def lacks(tree: Path, root: Path) -> list[Lack]:
    """What the ELF files of `tree` need and neither the tree itself nor the root file system has."""
    files = {str(path.relative_to(tree)): elf for path, elf in elf_files(tree)}
    folders = library_folders(root)
    wanted = {name for elf in files.values() for name in elf.needed}
    offered = {name: _offer(name, folders) for name in wanted}
    bash = elf_needs(_program(root))
    return missing(files, offered, machine=bash.machine if bash else None)


def missing(
    files: Mapping[str, ElfFile], offered: Mapping[str, frozenset[str] | None], *, machine: str | None
) -> list[Lack]:
    """Pure: the slug's files against the stack's libraries (None: not there; else the versions it defines).

    A library that lies in the slug serves the slug whatever its folder: whether the loader finds it there is
    settled by the build, on whose stack it was found the same way.
    """
    own = {path.rpartition("/")[2] for path in files} | {elf.soname for elf in files.values()}
    found: dict[tuple[str, str], Lack] = {}
    for path, elf in files.items():
        if machine is not None and elf.needed and elf.machine != machine:
            found.setdefault((elf.machine, ""), Lack(library=f"a {elf.machine} machine", needed_by=path))
            continue
        for library, version in _needs(elf):
            if library in own:
                continue
            versions = offered.get(library)
            if versions is None:
                found.setdefault((library, ""), Lack(library=library, needed_by=path))
            elif version and versions and version not in versions:
                found.setdefault((library, version), Lack(library=library, version=version, needed_by=path))
    return sorted(found.values())


def _needs(elf: ElfFile) -> Iterable[tuple[str, str]]:
    return (*((library, "") for library in elf.needed), *elf.versions)


def _offer(name: str, folders: list[Path]) -> frozenset[str] | None:
    path = find_library(name, folders)
    elf = elf_needs(path.resolve()) if path else None
    return frozenset(elf.offers) if elf else None


def _program(root: Path) -> Path:
    for name in ("usr/bin/bash", "bin/bash", "usr/bin/dash"):
        if (root / name).is_file():
            return (root / name).resolve()
    return root / "bin/sh"
