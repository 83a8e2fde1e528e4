"""The platform process and what it runs for apps (70s)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from slugc.errors.root import LedgerError, SlugcError, UsageError


class PlatformNotRunning(LedgerError):
    """A command needs the platform, and nobody answers on its socket."""

    code: ClassVar[str] = "platform.not-running"
    exit_code: ClassVar[int] = 78

    def __init__(self, *, socket: str, reason: str) -> None:
        self.socket, self.reason = socket, reason
        super().__init__(
            "The platform is not running",
            detail=f"{socket}: {reason}",
            hint="Start it with: slugc platform start --detach",
        )


class PlatformSilent(LedgerError):
    """The platform lives, for it holds its lock, and does not answer."""

    code: ClassVar[str] = "platform.silent"
    exit_code: ClassVar[int] = 78

    def __init__(self, *, pid: str, seconds: float) -> None:
        self.pid, self.seconds = pid, seconds
        super().__init__(
            f"The platform (process {pid}) does not answer",
            detail=f"It was asked for {seconds:g} seconds. It may still be starting, or somebody has stopped it.",
            hint=f"Try again; or end it with `kill -9 {pid}`: the next start brings back all that it ran.",
        )


class PlatformOfAnotherUser(LedgerError):
    """The platform, or its SLUGC_HOME, belongs to another user, who alone (and root) may command it."""

    code: ClassVar[str] = "platform.other-user"
    exit_code: ClassVar[int] = 79

    def __init__(self, *, socket: str | None = None) -> None:
        self.socket = socket
        super().__init__(
            "This platform belongs to another user",
            detail=f"{socket}: Permission denied" if socket else "Its socket answers its own user and root.",
            hint="Ask as that user (sudo -u USER slugc ...), or use a platform of your own: unset SLUGC_HOME, or name "
            "a folder of yours.",
        )


class PlatformAlreadyRuns(LedgerError):
    """A second platform wants the same SLUGC_HOME."""

    code: ClassVar[str] = "platform.already-runs"
    exit_code: ClassVar[int] = 72

    def __init__(self, *, pid: str, home: str) -> None:
        self.pid, self.home = pid, home
        super().__init__(
            f"A platform already runs here, as process {pid}",
            detail=f"It owns {home}.",
            hint="Stop it with `slugc platform stop`, or give the new one another folder by SLUGC_HOME.",
        )


class PlatformDidNotStart(LedgerError):
    """`platform start --detach`: the process ended, or did not answer in time."""

    code: ClassVar[str] = "platform.did-not-start"
    exit_code: ClassVar[int] = 78

    def __init__(self, *, log: str, tail: str) -> None:
        self.log, self.tail = log, tail
        super().__init__(
            "The platform did not start",
            detail=tail,
            hint=f"Read {log}, or run it here to see more: slugc platform start",
        )


class ReleaseCommandFailed(LedgerError):
    """The `release` process type ended badly: the app stays on its current release."""

    code: ClassVar[str] = "platform.release-command-failed"
    exit_code: ClassVar[int] = 77

    def __init__(self, *, app: str, version: int, dyno: str, reason: str, current: int) -> None:
        self.app, self.version, self.dyno, self.reason, self.current = app, version, dyno, reason, current
        super().__init__(
            f"The release command of v{version} failed: {reason}",
            detail=f"v{version} is kept as failed; {app} stays on v{current}.",
            hint=f"Read its output with: slugc logs --app {app} --dyno {dyno}",
        )


class SlugGone(LedgerError):
    """A release names a slug that is not in the store."""

    code: ClassVar[str] = "platform.slug-gone"
    exit_code: ClassVar[int] = 79

    def __init__(self, *, digest: str, reason: str) -> None:
        self.digest, self.reason = digest, reason
        super().__init__(
            f"The slug {digest[:12]} is not here",
            detail=reason,
            hint="Build it again from the same commit, or deploy the slug's file: slugc deploy FILE.slug",
        )


class UnknownFeature(LedgerError):
    """`features enable` of something that is none."""

    code: ClassVar[str] = "platform.unknown-feature"
    exit_code: ClassVar[int] = 79

    def __init__(self, *, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        super().__init__(
            f"There is no feature {name}",
            detail="Features: " + ", ".join(self.known),
            hint="List them with: slugc features",
        )


class BadSchedule(LedgerError):
    """`schedule add` with a moment that never comes or cannot be read."""

    code: ClassVar[str] = "platform.schedule"
    exit_code: ClassVar[int] = 79

    def __init__(self, *, given: str, reason: str) -> None:
        self.given, self.reason = given, reason
        super().__init__(
            f"{given!r} is not a moment that a job can run at",
            detail=f"{reason}.",
            hint='Write "every 10 minutes", "hourly at :30", "daily at 04:30" (UTC), or five cron fields.',
        )


class NoSuchJob(LedgerError):
    """`schedule remove` of a number that is not there."""

    code: ClassVar[str] = "platform.no-such-job"
    exit_code: ClassVar[int] = 79

    def __init__(self, *, number: int, app: str) -> None:
        self.number, self.app = number, app
        super().__init__(
            f"{app} has no scheduled job {number}",
            detail="It may have been removed already.",
            hint=f"List them with: slugc schedule --app {app}",
        )


class BadRequest(UsageError):
    """A client sent the platform something that its interface does not know."""

    code: ClassVar[str] = "usage.request"

    def __init__(self, *, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The request does not fit: {reason}",
            hint="docs/reference/platform-api.md lists the routes and their bodies.",
        )


class Refused(SlugcError):
    """What the platform answered, raised again on the client's side with the same text and codes."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__(
            str(answer.get("message", "The platform refused the request")),
            detail=str(answer.get("detail", "")),
            hint=str(answer.get("hint", "")),
        )
        self.__dict__["code"] = str(answer.get("id", self.code))
        self.__dict__["exit_code"] = int(answer.get("exit_code", self.exit_code))
