"""The bubblewrap engine: own mount, PID, IPC, UTS and user namespaces on an empty root, no root needed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from slugc.host.processes import Command
from slugc.model.mount import Mount, MountKind
from slugc.sandbox.limits import limited
from slugc.sandbox.spec import SandboxSpec

WORLD_WRITABLE = frozenset({"/tmp", "/var/tmp", "/dev/shm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubblewrap:
    """`program` is bubblewrap >= 0.11: older ones cannot make overlays."""

    program: Path

    @property
    def name(self) -> str:
        return "bubblewrap"

    def command(self, spec: SandboxSpec) -> Command:
        """Options travel through descriptors: on a command line config vars stand in `ps` for everybody.

        A file of bytes needs the number of its own descriptor as a word, which only argv can hold. So the
        options are cut at each such file, and bubblewrap reads the pieces in their order.
        """
        pieces = _Pieces()
        pieces.add(*_walls(spec))
        places = {mount.target for mount in spec.mounts if mount.kind is not MountKind.DATA}
        for mount in spec.mounts:
            if _later(mount):
                continue
            pieces.mount(mount)
            if mount.kind is MountKind.DATA:
                on_root = places.isdisjoint(_parents(mount.target))
                pieces.add_data(_named(mount, spec.hostname), on_root=on_root)
        # After the mounts: a stack may bring an empty /proc or /dev of its own.
        pieces.add("--proc", "/proc", "--dev", "/dev")
        for mount in spec.mounts:
            if _later(mount):
                pieces.mount(mount)
        # What lies on the empty root itself is part of the walls.
        pieces.add("--remount-ro", "/")
        for key, value in spec.env.items():
            pieces.add("--setenv", key, value)
        pieces.add("--chdir", spec.cwd)
        words, payloads = pieces.finished()
        return Command(argv=(str(self.program), *words, "--", *limited(spec)), env={}, payloads=payloads)

    def outside(self, spec: SandboxSpec, path: str) -> str:  # noqa: ARG002 - the other engine needs the spec
        return path


def _parents(target: str) -> Iterator[str]:
    """`/a/b/c` lies below `/a/b`, `/a` and `/`. As text: this runs for every file of every dyno."""
    at = target.rfind("/")
    while at > 0:
        yield target[:at]
        at = target.rfind("/", 0, at)
    yield "/"


class _Pieces:
    """Option words gathered into payloads, in order."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._payloads: list[bytes] = []
        self._piece: list[str] = []

    def add(self, *words: str) -> None:
        self._piece.extend(words)

    def mount(self, mount: Mount) -> None:
        above = mount.target.rpartition("/")[0]
        # bubblewrap itself would make missing folders above a file with mode 0700.
        self._piece += ("--dir", above) if above else ()
        self._piece += _options(mount)

    def add_data(self, mount: Mount, *, on_root: bool) -> None:
        """A plain file where that will do, on the empty root, which is read-only in the end: each mount makes
        all later ones slower."""
        self._close()
        self._payloads.append(mount.data)
        self._words += ["--perms", "0444"] if on_root else []
        self._words += ["--file" if on_root else "--ro-bind-data", f"@fd{len(self._payloads) - 1}@", mount.target]

    def finished(self) -> tuple[list[str], tuple[bytes, ...]]:
        self._close()
        return self._words, tuple(self._payloads)

    def _close(self) -> None:
        if self._piece:
            # Whoever lets one in must have checked it: options behind it would be options of the walls.
            if any("\0" in word for word in self._piece):
                message = "a word of the sandbox's options holds a NUL byte"
                raise ValueError(message)
            self._payloads.append("\0".join((*self._piece, "")).encode("utf-8", "surrogateescape"))
            self._words += ["--args", f"@fd{len(self._payloads) - 1}@"]
            self._piece = []


def _named(mount: Mount, hostname: str) -> Mount:
    """A table of hosts knows the child's own name too: Java and others look it up, and would wait for the DNS."""
    if mount.target != "/etc/hosts":
        return mount
    return replace(mount, data=mount.data + f"127.0.1.1 {hostname}\n".encode())


def _later(mount: Mount) -> bool:
    """Below /dev or /proc, which cover what was there before."""
    return mount.target.startswith(("/dev/", "/proc/")) and mount.kind is not MountKind.DATA


def _walls(spec: SandboxSpec) -> list[str]:
    words = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if not spec.network:
        words.append("--unshare-net")
    words += ["--uid", str(spec.uid), "--gid", str(spec.gid), "--hostname", spec.hostname]
    words += ["--die-with-parent", "--clearenv"]
    if not spec.terminal:
        # Without it a child could push keystrokes into the caller's terminal (TIOCSTI).
        words.append("--new-session")
    return words


def _options(mount: Mount) -> list[str]:
    target, source = mount.target, str(mount.source)
    match mount.kind:
        case MountKind.READ_ONLY:
            return ["--ro-bind", source, target]
        case MountKind.WRITABLE:
            return ["--bind", source, target]
        case MountKind.SCRATCH:
            return ["--perms", "1777" if target in WORLD_WRITABLE else "0755", "--tmpfs", target]
        case MountKind.OVERLAY:
            return ["--overlay-src", source, *_upper(mount), target]
        case MountKind.LINK:
            return ["--symlink", mount.data.decode("utf-8", "surrogateescape"), target]
        case MountKind.DATA:
            return []
        case _:
            assert_never(mount.kind)


def _upper(mount: Mount) -> list[str]:
    if mount.upper is None:
        return ["--tmp-overlay"]
    upper, work = mount.upper / "upper", mount.upper / "work"
    upper.mkdir(parents=True, exist_ok=True)
    work.mkdir(exist_ok=True)
    return ["--overlay", str(upper), str(work)]
