"""A stack with a root of its own: every folder at the top of its tree, read-only, under slugc's own identity."""

from pathlib import Path

from slugc.model.mount import Mount, link, read_only
from slugc.model.slug import StackRecord
from slugc.stack import identity
from slugc.stack.value import Stack

OWN = frozenset({"app", "layers", "proc", "dev", "sys", "tmp", "run", "boot", "lost+found"})
"""Made anew by the sandbox or by a stage's own mounts."""


def made_stack(record: StackRecord, *, run: Path, build: Path, hosts: Path = Path("/etc/hosts")) -> Stack:
    return Stack(name=record.name, record=record, run=_mounts(run, hosts), build=_mounts(build, hosts), root=run)


def _mounts(tree: Path, hosts: Path) -> tuple[Mount, ...]:
    out: list[Mount] = []
    for path in sorted(tree.iterdir()):
        if path.name in OWN:
            continue
        if path.is_symlink():
            out.append(link(str(path.readlink()), f"/{path.name}"))
        elif path.is_dir():
            out.append(read_only(path, f"/{path.name}"))
    resolver = Path("/etc/resolv.conf")
    if resolver.exists():
        out.append(read_only(resolver, "/etc/resolv.conf"))
    table = hosts.read_bytes() if hosts.is_file() else b"127.0.0.1 localhost\n"
    return (*out, *identity.mounts(table), *identity.private_folders())
