"""A stack with a root of its own: every folder at the top of its tree, read-only, under slugc's own identity."""

from pathlib import Path

from slugc.model.mount import Mount, link, read_only
from slugc.model.slug import StackRecord
from slugc.stack import identity
from slugc.stack.value import Stack

OWN = frozenset({"app", "layers", "proc", "dev", "sys", "tmp", "run", "boot", "lost+found"})
"""Made anew by the sandbox or by a stage's own mounts."""
OPEN = frozenset({"opt", "srv", "mnt", "media", "home"})
"""Stages put folders of their own here (/opt/slugc): what the tree has in them is mounted one by one, for nothing
can be added to a folder that is mounted read-only."""


def made_stack(record: StackRecord, *, run: Path, build: Path, hosts: Path = Path("/etc/hosts")) -> Stack:
    return Stack(name=record.name, record=record, run=_mounts(run, hosts), build=_mounts(build, hosts), root=run)


def _mounts(tree: Path, hosts: Path) -> tuple[Mount, ...]:
    out: list[Mount] = []
    for path in sorted(tree.iterdir()):
        if path.name in OPEN and path.is_dir() and not path.is_symlink():
            out += [mount for item in sorted(path.iterdir()) for mount in _shown(item, f"/{path.name}/{item.name}")]
        elif path.name not in OWN and (path.is_symlink() or path.is_dir()):
            out += _shown(path, f"/{path.name}")
    resolver = Path("/etc/resolv.conf")
    if resolver.exists():
        out.append(read_only(resolver, "/etc/resolv.conf"))
    table = hosts.read_bytes() if hosts.is_file() else b"127.0.0.1 localhost\n"
    return (*out, *identity.mounts(table), *identity.private_folders())


def _shown(path: Path, target: str) -> list[Mount]:
    if path.is_symlink():
        return [link(str(path.readlink()), target)]
    return [read_only(path, target)] if path.is_dir() or path.is_file() else []
