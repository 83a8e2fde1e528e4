"""The build cache of one app: restored whole or discarded with printed reasons. It never fails a build.

A tree is kept as one tar file: the platform copies CACHE_DIR for every build, and 10,000 files take seconds where
one takes none.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack import transcript, trees

DIGEST = "sha256:"
"""A value that begins so is a content: its reason says `X has changed` and not from what to what."""

_OPAQUE = re.compile(rf"{DIGEST}.*|[0-9a-f]{{32,}}")
"""Values that tell a person nothing."""

Key = Mapping[str, str]
"""What a cached tree depends on: a label as a person reads it -> its value."""


def reasons(old: Key, new: Key) -> list[str]:
    """Why a tree made under `old` does not serve `new`; empty where it does."""
    found = []
    for label in [*new, *(label for label in old if label not in new)]:
        before, after = old.get(label), new.get(label)
        if before == after:
            continue
        subject = label if (before or after or "").startswith(DIGEST) else f"The {label}"
        if before is None or after is None or _OPAQUE.fullmatch(after):
            found.append(f"{subject} has changed")
        else:
            found.append(f"{subject} has changed from {before} to {after}")
    return found


@dataclass(frozen=True, slots=True)
class Cache:
    """Named trees under CACHE_DIR, each with the key it was made under (`NAME.json`, written last)."""

    folder: Path

    def key(self, name: str) -> Key | None:
        """The key of the kept tree; None where there is none, or none that can be read."""
        try:
            document = json.loads(self._marker(name).read_text(encoding="utf-8"))
            return {str(label): str(value) for label, value in document.items()}
        except (OSError, ValueError, AttributeError):
            return None

    def restore(self, name: str, key: Key, target: Path) -> bool:
        """Put the kept tree at `target` if it was made under `key`; otherwise say why not and remove it."""
        old = self.key(name)
        if old is None:
            if self._marker(name).exists():
                self._discard(name, ["It could not be read"])
            return False
        changed = reasons(old, key)
        if not changed and not self._archive(name).is_file():
            changed = ["A part of it is missing"]
        if changed:
            self._discard(name, changed)
            return False
        transcript.step("Restoring cache")
        try:
            trees.remove(target)
            trees.unpack(self._archive(name), target)
        except (OSError, subprocess.CalledProcessError) as error:
            trees.remove(target)
            self._discard(name, [f"It could not be restored: {error}"])
            return False
        return True

    def save(self, name: str, key: Key, source: Path) -> None:
        """Keep a copy of `source`. A full disk makes the next build slower, not this one fail."""
        transcript.step("Saving cache")
        staged = self.folder / f".{name}.{os.getpid()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            trees.pack(source, staged)
            self._forget(name)
            staged.rename(self._archive(name))
            marker = self.folder / f".{name}.json.{os.getpid()}"
            marker.write_text(json.dumps(dict(key), indent=1) + "\n", encoding="utf-8")
            marker.replace(self._marker(name))
        except (OSError, subprocess.CalledProcessError) as error:
            trees.remove(staged)
            transcript.warn(f"The build cache could not be saved: {error}\nThe next build will be slower.")

    def _discard(self, name: str, why: list[str]) -> None:
        transcript.step("Discarding cache since:")
        for reason in why:
            transcript.detail(f"- {reason}")
        self._forget(name)

    def _forget(self, name: str) -> None:
        self._marker(name).unlink(missing_ok=True)
        trees.remove(self._archive(name))

    def _archive(self, name: str) -> Path:
        return self.folder / f"{name}.tar"

    def _marker(self, name: str) -> Path:
        return self.folder / f"{name}.json"
