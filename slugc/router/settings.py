"""Every number of the router in one place, so that tests and users can shorten them."""

import os
from dataclasses import dataclass, field
from pathlib import Path

NOBODY = 65534


def _worker_uid() -> int | None:
    return NOBODY if os.geteuid() == 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSettings:
    """Defaults are Heroku's, where Heroku has one."""

    address: str = "127.0.0.1"
    port: int | None = None
    """The listener for all apps, by host name (APP.localhost)."""
    tls_port: int | None = None
    """The same over TLS, with HTTP/2."""
    domain: str = "localhost"
    connect_seconds: float = 5.0
    first_byte_seconds: float = 30.0
    idle_seconds: float = 55.0
    """Between bytes once the response began; HAProxy before 3.0 has one limit for both, first_byte_seconds."""
    boot_seconds: float = 75.0
    """How long a request waits for a dyno that starts or wakes."""
    keep_alive_seconds: float = 60.0
    drain_seconds: float = 30.0
    retries: int = 3
    """Connection attempts after the first one, each on another dyno where there is another."""
    backlog: int = 1000
    """Requests of one app that may wait for a dyno; more get H11."""
    threads: int | None = None
    request_line: int = 8192
    header_line: int = 8192
    headers: int = 1000
    uid: int | None = field(default_factory=_worker_uid)
    """As root: who the data plane runs as."""
    state: Path | None = None
    """Where the certificate authority is kept; needed with tls_port."""
