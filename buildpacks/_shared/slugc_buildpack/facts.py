"""What the platform wants to know after a compile: runtimes, layers, and the config vars that were read."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

ALL = "*"
"""Among the reads: every config var may have counted (a hook saw them all)."""

RUNTIME, DEPENDENCIES, APP = "runtime", "dependencies", "app"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeFact:
    language: str
    version: str
    source: str
    uri: str
    digest: str


@dataclass(slots=True)
class Facts:
    """Filled while a build goes on, written once at its end to SLUGC_FACTS (JSON)."""

    runtimes: list[RuntimeFact] = field(default_factory=list)
    layers: dict[str, str] = field(default_factory=dict)
    """Path prefix in the app -> `runtime` or `dependencies`; the longest prefix wins."""

    def write(self, path: Path, *, reads: tuple[str, ...]) -> None:
        document = {
            "runtimes": [asdict(runtime) for runtime in self.runtimes],
            "layers": dict(sorted(self.layers.items())),
            "reads": None if ALL in reads else list(reads),
        }
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        staged.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        staged.replace(path)
