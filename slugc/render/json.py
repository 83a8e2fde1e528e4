"""Events as JSON, one object a line: `{"v":1,"type":"slug.packed",...}` (docs/reference/events.md)."""

from pathlib import Path
from typing import Any

from slugc.events import Event
from slugc.model.names import spelled

VERSION = 1


def render(event: Event) -> str:
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(event, enc_hook=_encode)
    return _encoded({"v": VERSION, "type": event.kind, **fields}).decode()


def document(value: Any) -> str:
    """Any value of slugc.model as indented JSON: listings and manifests."""
    import msgspec

    return msgspec.json.format(_encoded(value), indent=2).decode()


def _encoded(value: Any) -> bytes:
    import msgspec

    try:
        return msgspec.json.encode(value, enc_hook=_encode)
    except UnicodeEncodeError:  # a file's name of any bytes, which Python holds as text that no UTF-8 can spell
        return msgspec.json.encode(_spelled(msgspec.to_builtins(value, enc_hook=_encode)))


def _spelled(value: Any) -> Any:
    if isinstance(value, str):
        return spelled(value)
    if isinstance(value, dict):
        return {_spelled(name): _spelled(inner) for name, inner in value.items()}
    return [_spelled(inner) for inner in value] if isinstance(value, list | tuple) else value


def _encode(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
