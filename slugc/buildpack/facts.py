"""What built-in buildpacks say of their own work, in the file that SLUGC_FACTS names."""

from pathlib import Path
from typing import Any

from slugc.buildpack.bench import read_json
from slugc.buildpack.contract import Facts
from slugc.model.slug import LayerKind, RuntimeRecord

FILE = "facts.json"
KINDS = frozenset({LayerKind.RUNTIME, LayerKind.DEPENDENCIES})


def read(folder: Path) -> Facts:
    """The facts file; entries that do not fit are left out, for a report must not break a build."""
    found = read_json(folder, FILE)
    runtimes = found.get("runtimes")
    layers = found.get("layers")
    reads = found.get("reads")
    return Facts(
        runtimes=tuple(_runtime(item) for item in runtimes if isinstance(item, dict))
        if isinstance(runtimes, list)
        else (),
        layers={
            prefix.strip("/"): kind
            for prefix, kind in (layers.items() if isinstance(layers, dict) else ())
            if kind in KINDS and _plain(prefix)
        },
        reads=tuple(sorted(str(name) for name in reads)) if isinstance(reads, list) else None,
    )


def _runtime(item: dict[str, Any]) -> RuntimeRecord:
    values = {name: _text(item.get(name) or "") for name in ("language", "version", "source", "uri", "digest")}
    return RuntimeRecord(**values)


def _text(value: object) -> str:
    """As a manifest can hold it: JSON's escapes can write half of a surrogate pair, which is no character."""
    return str(value).encode("utf-8", "replace").decode()


def _plain(prefix: object) -> bool:
    return isinstance(prefix, str) and bool(prefix.strip("/")) and ".." not in prefix.split("/")
