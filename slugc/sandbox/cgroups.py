"""One control group for each dyno: memory, processes and CPU share, where this user may make groups.

Version 1 serves root (each controller has a tree of its own), version 2 serves a user to whom a part of the tree is
delegated (a systemd session) and root. Where neither can be had there are rlimits, which cannot bound the
memory of several processes together: the caller must watch it.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from slugc.host.processes import Command
from slugc.model.finding import Finding

CONTROLLERS = ("memory", "pids", "cpu")
REMOVE_SECONDS = 5.0
SHARES = 1024
"""CPU shares of one unit (version 1's own default); version 2 counts weights from 100."""
WEIGHT = 100
SWAP = ("memory.memsw.limit_in_bytes", "memory.swap.max")
"""Version 1's and 2's. A kernel without swap accounting has neither."""
# argv of a shell: how many files, the files, the command. 0 is who writes it.
_JOIN = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo 0 > "$1" || exit 125; shift; n=$((n-1)); done; exec "$@"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What this machine offers. `version` is 1, 2 or None; `reason` says why it is not more, "" where all is there."""

    version: int | None
    parents: Mapping[str, Path] = field(default_factory=dict)
    """Controller name to the folder in which a group may be made."""
    reason: str = ""

    @property
    def text(self) -> str:
        kind = f"cgroup v{self.version} ({', '.join(self.parents)})" if self.version else "rlimits"
        return f"{kind}: {self.reason}" if self.reason else kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    memory: int | None = None
    """Bytes; the kernel kills inside the group when they are used up. Swap does not come on top."""
    processes: int | None = None
    cpu_shares: int = 1
    """Relative to other groups, as DynoSize.cpu_shares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    version: int
    folders: Mapping[str, Path]

    @property
    def takes_threads(self) -> bool:
        """Whether a single thread may stand in it, while its process stays elsewhere."""
        return self.version == 1

    @contextlib.contextmanager
    def joined(self) -> Iterator[None]:
        """The calling thread in the group, which takes threads, and afterwards beside it again. Raises OSError.

        By `tasks`: a thread that moves itself needs no lock over all processes of the machine, which takes 6 ms for
        each of three groups to get (the kernel waits until no processor is in a fork)."""
        folders = list(self.folders.values())
        try:
            for folder in folders:
                _write(f"{folder}/tasks", "0")
            yield
        finally:
            for folder in folders:
                _write(f"{folder.parent}/tasks", "0")

    def command(self, command: Command) -> Command:
        """The same command, started inside the group: a shell joins and becomes it, so no child escapes."""
        name = "tasks" if self.takes_threads else "cgroup.procs"
        files = [f"{folder}/{name}" for folder in dict.fromkeys(self.folders.values())]
        return replace(command, argv=("/bin/sh", "-c", _JOIN, "sh", str(len(files)), *files, *command.argv))

    def memory_used(self) -> int | None:
        """Bytes now, file cache that can be given back left out, as the kernel's own killer counts."""
        folder = self.folders.get("memory")
        if folder is None:
            return None
        used = _number(folder / ("memory.usage_in_bytes" if self.version == 1 else "memory.current"))
        cached = _stat(folder / "memory.stat", "total_inactive_file" if self.version == 1 else "inactive_file")
        return None if used is None else max(0, used - (cached or 0))

    def kills(self) -> int:
        """How often the kernel has killed in this group for want of memory."""
        folder = self.folders.get("memory")
        if folder is None:
            return 0
        return _stat(folder / ("memory.oom_control" if self.version == 1 else "memory.events"), "oom_kill") or 0

    def remove(self) -> None:
        """Remove the group; its processes must be dead or dying. A group that stays busy is left behind."""
        deadline = time.monotonic() + REMOVE_SECONDS
        for folder in dict.fromkeys(self.folders.values()):
            while folder.is_dir():
                try:
                    folder.rmdir()
                except OSError:
                    # The kernel lets go of dead processes a little later than their parents.
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.01)


def look(*, mounts: Path = Path("/proc/self/mounts"), own: Path = Path("/proc/self/cgroup")) -> Offer:
    """Which groups this user may make here, found by reading alone."""
    trees = _trees(_text(mounts))
    paths = _own_paths(_text(own))
    if not trees:
        return Offer(version=None, reason="no control groups are mounted")
    first = {
        name: parent
        for name in CONTROLLERS
        if name in trees and _writable(parent := _below(trees[name], paths.get(name, "/")))
    }
    if first:
        missing = [name for name in CONTROLLERS if name not in first]
        return Offer(version=1, parents=first, reason=f"not for {', '.join(missing)}" if missing else "")
    unified = trees.get("")
    if unified is None:
        return Offer(version=None, reason="only root may make groups of version 1")
    return _unified(unified, _below(unified, paths.get("", "/")))


def make(name: str, bounds: Bounds, *, offer: Offer) -> Group | None:
    """A new group with these bounds, or None where the machine offers none or refuses now."""
    if offer.version is None:
        return None
    group = Group(
        version=offer.version, folders={key: parent / f"slugc-{name}" for key, parent in offer.parents.items()}
    )
    try:
        for folder in dict.fromkeys(group.folders.values()):
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder)  # noqa: PTH102 - Path's own takes longer than the kernel, at each start of a dyno
        for path, text in _settings(group, bounds):
            try:
                _write(path, text)
            except FileNotFoundError:
                if not path.endswith(SWAP):
                    raise
    except OSError:
        group.remove()
        return None
    return group


def sweep(offer: Offer, *, age: float = 60.0) -> int:
    """Remove groups whose maker was killed before it could; how many. A group in use refuses, and a young one may
    still wait for its first process."""
    removed = 0
    for parent in dict.fromkeys(offer.parents.values()):
        for folder in parent.glob("slugc-*"):
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > age:
                    folder.rmdir()
                    removed += 1
    return removed


def _settings(group: Group, bounds: Bounds) -> list[tuple[str, str]]:
    """The files to write, in the kernel's order (memory before memory with swap)."""
    out: list[tuple[str, str]] = []
    memory, pids, cpu = (group.folders.get(name) for name in CONTROLLERS)
    first = group.version == 1
    if memory and bounds.memory is not None:
        out.append((f"{memory}/memory.limit_in_bytes" if first else f"{memory}/memory.max", str(bounds.memory)))
        out.append((f"{memory}/{SWAP[0]}", str(bounds.memory)) if first else (f"{memory}/{SWAP[1]}", "0"))
    # Version 2 keeps pids.max in every group; version 1's root group alone has none.
    if pids and bounds.processes is not None:
        out.append((f"{pids}/pids.max", str(bounds.processes)))
    # One share is what a new group has.
    if cpu and bounds.cpu_shares != 1:
        name, unit = ("cpu.shares", SHARES) if first else ("cpu.weight", WEIGHT)
        out.append((f"{cpu}/{name}", str(min(10_000, unit * bounds.cpu_shares))))
    return out


def _unified(root: Path, own: Path) -> Offer:
    """A group beside the caller's own or above: the kernel allows no controllers below one that has processes."""
    for parent in (own, *own.parents):
        if not parent.is_relative_to(root):
            break
        passed_on = _text(parent / "cgroup.subtree_control").split()
        usable = [name for name in CONTROLLERS if name in passed_on]
        if "memory" in usable and _writable(parent):
            missing = [name for name in CONTROLLERS if name not in usable]
            reason = f"not for {', '.join(missing)}" if missing else ""
            return Offer(version=2, parents=dict.fromkeys(usable, parent), reason=reason)
    return Offer(version=None, reason="no group of version 2 is delegated to this user")


def _trees(mounts: str) -> dict[str, Path]:
    """Controller to mount point; "" for the unified tree."""
    found: dict[str, Path] = {}
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 4 or fields[2] not in {"cgroup", "cgroup2"}:
            continue
        place = Path(fields[1].replace("\\040", " "))
        for name in [""] if fields[2] == "cgroup2" else fields[3].split(","):
            found.setdefault(name, place)
    return found


def _own_paths(text: str) -> dict[str, str]:
    """`4:memory:/x` and `0::/y` as {"memory": "/x", "": "/y"}."""
    out: dict[str, str] = {}
    for line in text.splitlines():
        _, names, path = line.split(":", 2)
        out.update(dict.fromkeys(names.split(","), path))
    return out


def _below(tree: Path, path: str) -> Path:
    """The caller's own folder in a tree; the tree itself where a container shows no more of it."""
    folder = tree / path.lstrip("/")
    return folder if folder.is_dir() else tree


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK)


def _write(path: str, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def _text(path: Path) -> str:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - twice as fast, and read at the end of each dyno
            return file.read().decode()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _stat(path: Path, key: str) -> int | None:
    for line in _text(path).splitlines():
        name, _, value = line.partition(" ")
        if name == key and value.strip().isdigit():
            return int(value)
    return None


def finding() -> Finding:
    """What bounds dynos, as `slugc doctor` shows it."""
    offer = look()
    if offer.version is not None:
        return Finding(name="limits", ok=True, detail=offer.text)
    hint = "Memory is then watched, not bounded. Start slugc by `systemd-run --user --scope`, or as root."
    return Finding(name="limits", ok=False, detail=offer.text, hint=hint)
