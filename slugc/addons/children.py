"""The server inside its sandbox, as the host numbers processes."""

from pathlib import Path


def find_by_name(pid: int, name: str) -> int | None:
    """The first process under `pid` (itself included) that the kernel calls `name`, nearest first."""
    waiting = [pid]
    while waiting:
        at = waiting.pop(0)
        try:
            if Path(f"/proc/{at}/comm").read_text(encoding="utf-8", errors="replace").strip() == name[:15]:
                return at
            for task in Path(f"/proc/{at}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
        except OSError:
            continue
    return None
