"""Events as JSON, one object a line: `{"v":1,"type":"slug.packed",...}` (docs/reference/events.md)."""

from pathlib import Path
from typing import Any

from slugc.events import Event

VERSION = 1


def render(event: Event) -> str:
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(event, enc_hook=_encode)
    return msgspec.json.encode({"v": VERSION, "type": event.kind, **fields}).decode()


def document(value: Any) -> str:
    """Any value of slugc.model as indented JSON: listings and manifests."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value, enc_hook=_encode), indent=2).decode()


def _encode(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
