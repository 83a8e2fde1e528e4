"""A log drain as a value: where an app's lines go besides its own buffer. Pure."""

from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEMES = ("syslog+tcp", "syslog+tls", "https", "http")
_NEEDS_PORT = ("syslog+tcp", "syslog+tls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    url: str
    token: str
    """`d.` and a UUID: names the drain to whoever receives its lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainSettings:
    most: int = 5
    lines: int = 10_000
    """Lines that may wait while a receiver is slow or gone; then the oldest are lost (L10)."""
    size: int = 8 << 20
    connect_seconds: float = 3.0
    request_seconds: float = 5.0
    first_pause: float = 0.25
    longest_pause: float = 30.0
    flush_seconds: float = 3.0
    """How long closing waits for what is still to be sent."""


def refusal(url: str) -> str | None:
    """Why a URL cannot be a drain, or None. Pure."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in SCHEMES:
        return f"Its scheme is {parts.scheme or 'missing'}; known are {', '.join(SCHEMES)}."
    if parts.scheme in _NEEDS_PORT and port is None and parts.hostname:
        return "It names no port."
    if not url.isprintable() or " " in url:
        return "It has a blank or a control character."
    return _no_host(parts.hostname)


def _no_host(name: str | None) -> str | None:
    if not name:
        return "It names no host."
    try:
        name.encode("idna")
    except UnicodeError as error:
        return f"Its host cannot be looked up: {error}."
    return None
