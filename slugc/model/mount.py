"""Mounts as values: what the file system of a child is made of. Stacks and stages list them, engines make them."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class MountKind(StrEnum):
    READ_ONLY = "read-only"
    WRITABLE = "writable"
    SCRATCH = "scratch"
    """A fresh tmpfs; `source` is None."""
    OVERLAY = "overlay"
    """`source` is the read-only lower layer; writes go to `upper`, or to memory where `upper` is None."""
    DATA = "data"
    """A small read-only file with `data`'s bytes."""
    LINK = "link"
    """A symbolic link whose text is `data`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One thing at one absolute path inside. Later mounts cover earlier ones."""

    kind: MountKind
    target: str
    source: Path | None = None
    upper: Path | None = None
    """OVERLAY on disk: a folder that the engine may fill with `upper/` and `work/`."""
    data: bytes = b""


def read_only(source: Path, target: str) -> Mount:
    return Mount(kind=MountKind.READ_ONLY, source=source, target=target)


def writable(source: Path, target: str) -> Mount:
    return Mount(kind=MountKind.WRITABLE, source=source, target=target)


def scratch(target: str) -> Mount:
    return Mount(kind=MountKind.SCRATCH, target=target)


def overlay(lower: Path, target: str, *, upper: Path | None = None) -> Mount:
    return Mount(kind=MountKind.OVERLAY, source=lower, target=target, upper=upper)


def data_file(content: bytes, target: str) -> Mount:
    return Mount(kind=MountKind.DATA, data=content, target=target)


def link(text: str, target: str) -> Mount:
    return Mount(kind=MountKind.LINK, data=text.encode(), target=target)
