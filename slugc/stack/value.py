"""A stack as a value: the root file system under a child, in a variant for builds and one for dynos."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slugc.model.mount import Mount
from slugc.model.slug import StackRecord

Variant = Literal["build", "run"]
PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    name: str
    record: StackRecord
    run: tuple[Mount, ...]
    build: tuple[Mount, ...]
    root: Path = Path("/")
    """Where the run variant's files lie outside."""
    path: str = PATH
    """PATH without what buildpacks add."""

    def mounts(self, variant: Variant) -> tuple[Mount, ...]:
        """The system's own files, /etc, and private /tmp, /var/tmp and /run. /app, /layers and whatever else a
        stage needs are its own mounts, listed after these."""
        return self.build if variant == "build" else self.run
