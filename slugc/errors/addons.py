"""Add-ons and their servers (76)."""

from collections.abc import Sequence
from typing import ClassVar

from slugc.errors.root import LedgerError


class UnknownService(LedgerError):
    """`addons create` of something that slugc does not run."""

    code: ClassVar[str] = "addons.unknown-service"
    exit_code: ClassVar[int] = 76

    def __init__(self, *, given: str, known: Sequence[str]) -> None:
        self.given, self.known = given, tuple(known)
        super().__init__(
            f"There is no add-on service {given}",
            detail="Services: " + ", ".join(self.known),
            hint="A service that runs elsewhere is attached by its address: slugc addons create url:NAME_URL=ADDRESS",
        )


class ServerMissing(LedgerError):
    """The server's program is not installed on this machine."""

    code: ClassVar[str] = "addons.server-missing"
    exit_code: ClassVar[int] = 76

    def __init__(self, *, service: str, program: str, package: str, searched: Sequence[str]) -> None:
        self.service, self.program, self.package, self.searched = service, program, package, tuple(searched)
        super().__init__(
            f"The {service} add-on needs the program {program}, which is not installed",
            detail="Looked in: " + ", ".join(self.searched),
            hint=f"Install it with: apt-get install {package}",
        )


class ServerFailed(LedgerError):
    """A step of making or starting a server ended badly; `tail` is the end of what it printed."""

    code: ClassVar[str] = "addons.server-failed"
    exit_code: ClassVar[int] = 76

    def __init__(self, *, addon: str, step: str, tail: str, log: str) -> None:
        self.addon, self.step, self.tail, self.log = addon, step, tail, log
        super().__init__(
            f"The add-on {addon} failed: {step}",
            detail=tail,
            hint=f"Read {log}; then try again, or destroy the add-on with: slugc addons destroy {addon}",
        )


class ServerNeedsOrdinaryUser(LedgerError):
    """PostgreSQL refuses uid 0, and nothing here can give it another uid."""

    code: ClassVar[str] = "addons.needs-ordinary-user"
    exit_code: ClassVar[int] = 76

    def __init__(self, *, service: str, reason: str) -> None:
        self.service, self.reason = service, reason
        super().__init__(
            f"{service} does not run as root, and no sandbox is available to give it another user",
            detail=reason,
            hint="Start the platform as an ordinary user, or see what `slugc doctor` says about isolation.",
        )


class NoSuchAddOn(LedgerError):
    """A name that is neither an add-on nor an attachment of the app."""

    code: ClassVar[str] = "addons.no-such-add-on"
    exit_code: ClassVar[int] = 76

    def __init__(self, *, given: str, known: Sequence[str]) -> None:
        self.given, self.known = given, tuple(known)
        super().__init__(
            f"There is no add-on {given}",
            detail="Add-ons: " + (", ".join(self.known) or "none yet"),
            hint="List them with: slugc addons --all. An attachment of another app is written APP::NAME.",
        )


class AttachmentTaken(LedgerError):
    """The config var that an attachment would set is there already."""

    code: ClassVar[str] = "addons.attachment-taken"
    exit_code: ClassVar[int] = 76

    def __init__(self, *, attachment: str, config_var: str, app: str) -> None:
        self.attachment, self.config_var, self.app = attachment, config_var, app
        super().__init__(
            f"{app} already has the config var {config_var}",
            detail=f"An add-on attached as {attachment} would overwrite it.",
            hint="Give the attachment another name with: --as NAME",
        )


class InvalidAttachment(LedgerError):
    """`--as NAME`, or the NAME of `url:NAME=...`, cannot begin a config var's name."""

    code: ClassVar[str] = "addons.attachment-name"
    exit_code: ClassVar[int] = 76

    def __init__(self, *, given: str, reason: str) -> None:
        self.given, self.reason = given, reason
        super().__init__(
            f"{given!r} cannot be the name of an attachment",
            detail=reason,
            hint="Use capital letters, digits and underscores, for example: --as CACHE, or url:SEARCH_URL=http://...",
        )


class NotConfirmed(LedgerError):
    """Something with data was to be destroyed, and its name was not given a second time."""

    code: ClassVar[str] = "platform.not-confirmed"
    exit_code: ClassVar[int] = 76

    def __init__(self, *, what: str, name: str, given: str | None) -> None:
        self.what, self.name, self.given = what, name, given
        said = "No name was given." if given is None else f"{given!r} is not its name."
        super().__init__(
            f"The {what} {name} was not destroyed",
            detail=f"{said} Its data would be gone for good.",
            hint=f"Type its name when asked, or add: --confirm {name}",
        )
