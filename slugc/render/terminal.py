"""What an app printed, on somebody's terminal: its colours pass, and nothing else that the terminal would obey. Pure.

A visitor's words stand in the log of an app that prints what it was asked. With escape sequences they could set the
window's title, fill the clipboard, or write over the lines above; a carriage return writes over the line's own name.
"""

import re

_COLOUR = rb"\x1b\[[0-9;:]*m"
_OBEYED = re.compile(_COLOUR + rb"|[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
"""Control characters but for the tab and the line feed; the second kind of them (C1) as UTF-8 has it."""


def harmless(data: bytes) -> bytes:
    """`data` with every control character as `\\xNN`, but for sequences that choose colours."""
    return _OBEYED.sub(_shown, data)


def harmless_text(text: str) -> str:
    """The same of a listing, where colours have no place: a name or a description is one line of plain text."""
    shown = _OBEYED.sub(_spelled, text.encode("utf-8", "surrogateescape"))
    return shown.decode("utf-8", "surrogateescape")


def _shown(found: re.Match[bytes]) -> bytes:
    return found[0] if len(found[0]) > 2 else _spelled(found)


def _spelled(found: re.Match[bytes]) -> bytes:
    return b"".join(b"\\x%02x" % byte if byte < 0x20 or byte >= 0x7F else b"%c" % byte for byte in found[0])
