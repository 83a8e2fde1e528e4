"""Stacks by name: `host`, and those under home.stacks.

stacks/trees/DIGEST is an unpacked root file system, shared by all stacks that have it; stacks/NAME/stack.json says
which trees a stack is made of. It is written last, so a stack is there whole or not at all.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from slugc.errors.stack import StackExists, StackNameUnusable, StackNotFound
from slugc.host.files import remove_tree, write_atomic
from slugc.host.home import Home
from slugc.host.locks import exclusive
from slugc.model.slug import StackRecord
from slugc.stack import os_release
from slugc.stack.host_stack import NAME as HOST
from slugc.stack.host_stack import host_stack
from slugc.stack.made_stack import made_stack
from slugc.stack.value import Stack

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
TREES = "trees"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEntry:
    """One stack as `slugc stack list` shows it."""

    record: StackRecord
    origin: str
    """`this system`, `suite bookworm`, or the archive's name."""
    run: str = ""
    build: str = ""
    """Digests of the two trees."""


def find(name: str, *, home: Home) -> Stack:
    """The stack of that name. Raises StackNotFound, with the names there are."""
    if name == HOST:
        return host_stack()
    found = _read(home.stacks / name / "stack.json") if NAME.fullmatch(name) else None
    trees = home.stacks / TREES
    if found is None or not all((trees / digest).is_dir() for digest in (found.run, found.build)):
        raise StackNotFound(name=name, known=known(home=home))
    return made_stack(found.record, run=trees / found.run, build=trees / found.build)


def known(*, home: Home) -> tuple[str, ...]:
    return tuple(entry.record.name for entry in entries(home=home))


def entries(*, home: Home) -> list[StackEntry]:
    """`host`, then what lies under home.stacks, by name."""
    made = [_read(path) for path in sorted(home.stacks.glob("*/stack.json"))]
    return [StackEntry(record=host_stack().record, origin="this system"), *(entry for entry in made if entry)]


def require_free(name: str, *, home: Home, replace: bool) -> None:
    """Raises StackNameUnusable or StackExists, before anything long is done."""
    if not NAME.fullmatch(name) or name in {HOST, TREES}:
        raise StackNameUnusable(name=name)
    if not replace and (home.stacks / name / "stack.json").exists():
        raise StackExists(name=name)


def add(name: str, *, run: Path, build: Path | None, origin: str, home: Home, replace: bool = False) -> StackEntry:
    """A stack from archives of its root file systems; without `build`, dynos' own root serves builds too."""
    from slugc.stack.rootfs import unpack

    require_free(name, home=home, replace=replace)
    with exclusive(home.stacks / ".lock"):
        trees = home.stacks / TREES
        run_digest, run_tree = unpack(run, trees)
        build_digest = unpack(build, trees)[0] if build else run_digest
        entry = StackEntry(
            record=_record(name, run_tree, run_digest, build_digest), origin=origin, run=run_digest, build=build_digest
        )
        text = json.dumps(asdict(entry), indent=2, sort_keys=True) + "\n"
        write_atomic(home.stacks / name / "stack.json", text.encode())
        _sweep(home)
    return entry


def remove(name: str, *, home: Home) -> None:
    """Raises StackNotFound. Slugs that were built on it still boot elsewhere, where its libraries are."""
    if name == HOST or name not in known(home=home):
        raise StackNotFound(name=name, known=known(home=home))
    with exclusive(home.stacks / ".lock"):
        (home.stacks / name / "stack.json").unlink()
        shutil.rmtree(home.stacks / name)
        _sweep(home)


def _sweep(home: Home) -> None:
    """Trees that no stack names go: renamed at once, so that a half-removed one is never found, then removed."""
    used = {digest for entry in entries(home=home) for digest in (entry.run, entry.build)}
    trees = home.stacks / TREES
    for tree in trees.iterdir() if trees.is_dir() else ():
        if tree.name not in used:
            home.trash.mkdir(parents=True, exist_ok=True)
            doomed = home.trash / f"stack-{tree.name.lstrip('.')[:16]}-{os.getpid()}"
            tree.rename(doomed)
            remove_tree(doomed)


def _record(name: str, tree: Path, run: str, build: str) -> StackRecord:
    from slugc.stack.elf import elf_needs, glibc_of  # only who imports a stack reads programs

    release = tree / "usr/lib/os-release"
    text = release.read_text(encoding="utf-8", errors="replace") if release.is_file() else _etc_release(tree)
    facts = os_release.parse(text)
    shell = elf_needs((tree / "usr/bin/bash").resolve()) or elf_needs((tree / "bin/bash").resolve())
    return StackRecord(
        name=name,
        digest=hashlib.sha256(f"run {run}\nbuild {build}\n".encode()).hexdigest(),
        arch=shell.machine if shell else os.uname().machine,
        distro=facts.get("ID", "linux"),
        distro_version=facts.get("VERSION_ID", ""),
        glibc=glibc_of(tree),
    )


def _etc_release(tree: Path) -> str:
    release = tree / "etc/os-release"
    return (
        release.read_text(encoding="utf-8", errors="replace") if release.is_file() and not release.is_symlink() else ""
    )


def _read(path: Path) -> StackEntry | None:
    """What a stack.json says; a damaged one counts as none, and `stack create --replace` mends it."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        fields = json.loads(path.read_bytes())
        record = StackRecord(**fields.pop("record"))
        return StackEntry(record=record, **fields)
    return None
