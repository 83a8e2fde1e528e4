"""The engine of last resort: no walls, paths rewritten, yet no orphan and no litter (see guard.py)."""

import base64
import json
import posixpath
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from slugc.errors.sandbox import StackNeedsIsolation
from slugc.host.processes import Command
from slugc.model.mount import Mount, MountKind
from slugc.sandbox import guard
from slugc.sandbox.rewriting import PathTable
from slugc.sandbox.spec import SandboxSpec

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/proc", "/sys", "/dev")
"""Never rewritten: without walls the system's own files are the ones that count."""
SHARED_SCRATCH = ("/tmp", "/var", "/run", "/home", "/root", "/mnt", "/media", "/srv")
"""Scratch here stays what the system has: too many programs know these names by heart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unisolated:
    """`scratch` takes the private folders of children: copies of overlays and files of bytes."""

    scratch: Path

    @property
    def name(self) -> str:
        return "none"

    def command(self, spec: SandboxSpec) -> Command:
        """Raises StackNeedsIsolation for a stack whose /usr is not this system's own."""
        plan = _plan(spec, self.scratch / f"none-{secrets.token_hex(6)}")
        payload = json.dumps(plan).encode()
        # -I -S: the guard must start the same whatever the caller's Python environment holds, and fast.
        return Command(argv=(sys.executable, "-I", "-S", str(guard.__file__), "@fd0@"), payloads=(payload,))

    def outside(self, spec: SandboxSpec, path: str) -> str:
        table = {mount.target: str(mount.source) for mount in spec.mounts if mount.source and not _system(mount.target)}
        return PathTable.of(table).path(path)


@dataclass(slots=True)
class _Furniture:
    folder: Path
    table: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    places: int = 0

    def place(self) -> str:
        self.places += 1
        return str(self.folder / str(self.places))


def _plan(spec: SandboxSpec, folder: Path) -> dict[str, Any]:
    furniture = _Furniture(folder)
    for mount in spec.mounts:
        _arrange(mount, furniture)
    _gather(furniture)
    table = PathTable.of(furniture.table)
    limits = {"memory": spec.limits.memory, "file_size": spec.limits.file_size, "open_files": spec.limits.open_files}
    return {
        "argv": table.words(spec.argv),
        "cwd": table.path(spec.cwd),
        "env": {key: table.value(value) for key, value in spec.env.items()},
        "limits": {name: bound for name, bound in limits.items() if bound is not None},
        "terminal": spec.terminal,
        "folder": str(folder) if furniture.places else "",
        "folders": furniture.folders,
        "files": furniture.files,
        "copies": furniture.copies,
        "links": furniture.links,
    }


def _arrange(mount: Mount, furniture: _Furniture) -> None:
    target, table = mount.target, furniture.table
    if _system(target):
        if mount.source and not target.startswith("/etc") and Path(target).resolve() != mount.source.resolve():
            raise StackNeedsIsolation(target=target, source=str(mount.source))
        return
    match mount.kind:
        case MountKind.READ_ONLY | MountKind.WRITABLE:
            table[target] = str(mount.source)
        case MountKind.OVERLAY:
            table[target] = str(mount.upper / "merged") if mount.upper else furniture.place()
            furniture.copies.append((str(mount.source), table[target]))
        case MountKind.SCRATCH if not target.startswith(SHARED_SCRATCH):
            table[target] = furniture.place()
            furniture.folders.append(table[target])
        case MountKind.DATA:
            table[target] = furniture.place()
            furniture.files.append((table[target], base64.b64encode(mount.data).decode()))
        case MountKind.LINK:
            text = posixpath.join(posixpath.dirname(target), mount.data.decode("utf-8", "surrogateescape"))
            table[target] = PathTable.of(table).path(posixpath.normpath(text))
        case _:
            pass  # scratch where the system's own serves


def _gather(furniture: _Furniture) -> None:
    """A folder that is only there because things are mounted in it (/opt/slugc/tools) becomes a folder of links."""
    targets = dict(furniture.table)
    above = {target: _made_by_mounting(target, targets) for target in targets}
    if not any(above.values()):
        return
    root = furniture.place()
    for target, folders in above.items():
        if folders:
            furniture.links.append((root + target, targets[target]))
            furniture.table.update({folder: root + folder for folder in folders})


def _made_by_mounting(target: str, targets: Mapping[str, str]) -> list[str]:
    """The folders above `target`, below the system's own at the top, that no mount brings."""
    above = [str(folder) for folder in PurePosixPath(target).parents]
    if any(folder in targets for folder in above):
        return []
    return above[:-2]


def _system(target: str) -> bool:
    return any(target == top or target.startswith(top + "/") for top in SYSTEM)
