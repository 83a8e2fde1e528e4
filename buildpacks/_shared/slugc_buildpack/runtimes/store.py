"""Normalised runtimes by key, shared by all apps of a user: RUNTIMES/LANGUAGE/KEY/{tree/,artifact.json}."""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from slugc_buildpack import trees


def key_of(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def obtain(root: Path, language: str, key: str, make: Callable[[Path], str]) -> tuple[Path, str]:
    """The tree of `key` and the digest of what was served, made by `make(folder)` if it is not there.

    Two builds that want the same runtime make it once: the second waits. A build that is killed leaves a
    staged folder only, which the next maker removes.
    """
    place = root / language / key
    with locked(root / "locks" / f"{language}-{key}"):
        kept = _read(place)
        if kept is not None:
            return place / "tree", kept
        staged = root / language / f".{key}.staged"
        trees.remove(staged)
        (staged / "tree").mkdir(parents=True)
        try:
            served = make(staged / "tree")
            (staged / "artifact.json").write_text(json.dumps({"digest": served}) + "\n", encoding="utf-8")
            trees.remove(place)
            staged.rename(place)
        finally:
            trees.remove(staged)
        return place / "tree", served


def _read(place: Path) -> str | None:
    try:
        served = json.loads((place / "artifact.json").read_text(encoding="utf-8"))["digest"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(served) if (place / "tree").is_dir() else None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Only one process at a time; the kernel lets go when the holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
