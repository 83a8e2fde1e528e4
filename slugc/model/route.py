"""Routing as values: what the router is told of an app, and what it tells of a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class AppState(StrEnum):
    """What the platform knows of an app's web dynos. It decides the answer to a request that no dyno can take."""

    BLANK = "blank"
    """Nothing was ever released: H81."""
    DOWN = "down"
    """No web process type, or scaled to 0: H14."""
    STARTING = "starting"
    """A first dyno boots, or all of them restart: requests wait, up to `boot_seconds`, then H20."""
    UP = "up"
    IDLE = "idle"
    """Asleep: a request wakes it and waits."""
    CRASHED = "crashed"
    """Every web dyno crashed: H10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPages:
    """URLs shown in place of the built-in pages: the config vars ERROR_PAGE_URL and MAINTENANCE_PAGE_URL."""

    error: str | None = None
    maintenance: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterRecord:
    """One request that came to its end, as the router's log line tells it."""

    app: str
    method: str
    path: str
    host: str
    request_id: str
    fwd: str
    dyno: str
    """`web.1`; empty where no dyno took it."""
    connect: int | None
    """Milliseconds; None where no connection was made."""
    service: int | None
    """Milliseconds."""
    status: int
    size: int
    """Bytes that the dyno sent, head included."""
    protocol: str
    tls: str = ""
    code: str = ""
    """H-code; empty for a request that went well."""
    extra: Mapping[str, str] | None = None
