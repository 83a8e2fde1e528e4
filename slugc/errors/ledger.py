"""Apps, releases, config vars and the platform process (70s)."""

from collections.abc import Sequence
from typing import ClassVar

from slugc.errors.root import LedgerError


class NoSuchApp(LedgerError):
    """A command names an app that does not exist (any more)."""

    code: ClassVar[str] = "ledger.no-such-app"
    exit_code: ClassVar[int] = 71

    def __init__(self, *, name: str, known: Sequence[str] = ()) -> None:
        from difflib import get_close_matches

        self.name, self.known = name, tuple(known)
        close = get_close_matches(name, known, n=1)
        super().__init__(
            f"There is no app named {name}",
            detail="Apps: " + (", ".join(self.known) or "none yet"),
            hint=f"Did you mean {close[0]}?" if close else f"Create it with: slugc apps create {name}",
        )


class NoAppNamed(LedgerError):
    """The command needs an app and none was given."""

    code: ClassVar[str] = "ledger.app-missing"
    exit_code: ClassVar[int] = 71

    def __init__(self, *, folder: str, known: Sequence[str] = ()) -> None:
        self.folder, self.known = folder, tuple(known)
        super().__init__(
            "Which app?",
            detail=f"No --app, no SLUGC_APP, and the folder {folder} does not belong to an app. "
            "Apps: " + (", ".join(self.known) or "none yet"),
            hint="Add --app NAME, or create an app in this folder with: slugc apps create NAME",
        )


class SeveralApps(LedgerError):
    """The command needs an app, and several were created in this folder."""

    code: ClassVar[str] = "ledger.several-apps"
    exit_code: ClassVar[int] = 71

    def __init__(self, *, folder: str, apps: Sequence[str]) -> None:
        self.folder, self.apps = folder, tuple(apps)
        super().__init__(
            "Which app?",
            detail=f"Several were created in {folder}: {', '.join(apps)}.",
            hint=f"Say which: --app {apps[0]}, or export SLUGC_APP={apps[0]}",
        )


class AppNameTaken(LedgerError):
    """`apps create` with the name of a living app."""

    code: ClassVar[str] = "ledger.app-name-taken"
    exit_code: ClassVar[int] = 74

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(
            f"The name {name} is taken",
            detail=f"An app named {name} exists on this platform.",
            hint=f"Choose another name, or remove the old app with: slugc apps destroy {name}",
        )


class InvalidAppName(LedgerError):
    """`apps create` with a name that could not be a host name."""

    code: ClassVar[str] = "ledger.app-name"
    exit_code: ClassVar[int] = 74

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name!r} cannot be the name of an app",
            detail="A name has 3 to 30 characters: small letters, digits and hyphens; it starts with a letter "
            "and does not end with a hyphen.",
            hint="Choose another name, for example: slugc apps create my-shop",
        )


class NoSuchRelease(LedgerError):
    """A version that the app never had."""

    code: ClassVar[str] = "ledger.no-such-release"
    exit_code: ClassVar[int] = 71

    def __init__(self, *, app: str, wanted: str, newest: int) -> None:
        self.app, self.wanted, self.newest = app, wanted, newest
        super().__init__(
            f"{app} has no release {wanted}",
            detail=f"Its releases are v1 to v{newest}.",
            hint=f"List them with: slugc releases --app {app}",
        )


class CannotRollBack(LedgerError):
    """The release exists, but nothing of it could run: it failed, or has no slug."""

    code: ClassVar[str] = "ledger.cannot-roll-back"
    exit_code: ClassVar[int] = 71

    def __init__(self, *, app: str, wanted: str, reason: str) -> None:
        self.app, self.wanted, self.reason = app, wanted, reason
        super().__init__(
            f"{app} cannot be rolled back to {wanted}",
            detail=reason,
            hint=f"Choose a release that succeeded and has a slug: slugc releases --app {app}",
        )


class NothingDeployed(LedgerError):
    """Something is to run, and the app has no slug yet."""

    code: ClassVar[str] = "ledger.nothing-deployed"
    exit_code: ClassVar[int] = 71

    def __init__(self, *, app: str) -> None:
        self.app = app
        super().__init__(
            f"Nothing is deployed to {app}",
            detail="Its current release has no slug.",
            hint=f"Deploy one with: slugc deploy . --app {app}",
        )


class LedgerBroken(LedgerError):
    """Some byte of the ledger is not what was written."""

    code: ClassVar[str] = "ledger.broken"
    exit_code: ClassVar[int] = 73

    def __init__(self, *, app: str, version: int, reason: str) -> None:
        self.app, self.version, self.reason = app, version, reason
        super().__init__(
            f"The ledger of {app} is broken at v{version}",
            detail=reason,
            hint="Restore the ledger's file from a backup; releases before this one are sound.",
        )


class LedgerUnreadable(LedgerError):
    """The file is no database, or of a newer slugc."""

    code: ClassVar[str] = "ledger.unreadable"
    exit_code: ClassVar[int] = 73

    def __init__(self, *, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            "The release ledger cannot be read",
            detail=f"{path}: {reason}",
            hint="Restore that file from a backup, upgrade slugc, or set SLUGC_HOME to an empty folder.",
        )


class LedgerNotWritten(LedgerError):
    """The disk refused a change of the ledger, or another process held the file; nothing of the change is there."""

    code: ClassVar[str] = "ledger.not-written"
    exit_code: ClassVar[int] = 73

    def __init__(self, *, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            "The release ledger cannot be written",
            detail=f"{path}: {reason}",
            hint="Make room on that disk (`slugc gc` removes what nothing uses), end what else has the file open, "
            "then try again.",
        )


class InvalidConfigName(LedgerError):
    """The name of a config var breaks the rules, or is the platform's own."""

    code: ClassVar[str] = "config.name"
    exit_code: ClassVar[int] = 75

    def __init__(self, *, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(
            f"{name!r} cannot be the name of a config var",
            detail=reason,
            hint="Choose another name, of letters, digits and underscores, for example: DATABASE_URL",
        )


class InvalidConfigPair(LedgerError):
    """An argument of `config set` is no NAME=VALUE."""

    code: ClassVar[str] = "config.pair"
    exit_code: ClassVar[int] = 75

    def __init__(self, *, given: str) -> None:
        self.given = given
        super().__init__(
            f"{given} is invalid. Must be in the format FOO=bar.",
            detail="Every argument is one NAME=VALUE.",
            hint="Put a value that has spaces in quotes: slugc config set GREETING='hello there'",
        )


class InvalidConfigValue(LedgerError):
    """No environment could carry the value. `reason` never shows it."""

    code: ClassVar[str] = "config.value"
    exit_code: ClassVar[int] = 75

    def __init__(self, *, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(
            f"The value of {name} cannot be a config var",
            detail=reason,
            hint="Encode it as text first, for example with base64.",
        )


class ConfigTooLarge(LedgerError):
    """One value (`name`), or all of them together (`name` is None), pass the limit; sizes in bytes."""

    code: ClassVar[str] = "config.too-large"
    exit_code: ClassVar[int] = 75

    def __init__(self, *, name: str | None, size: int, limit: int) -> None:
        self.name, self.size, self.limit = name, size, limit
        what = f"The value of {name}" if name else "All config vars together"
        super().__init__(
            f"{what} would have {size:,} bytes; at most {limit:,} fit",
            detail="Every process of the app carries all of them in its environment.",
            hint="Keep large data in a file of the app or in an add-on, and put its address into the config var.",
        )


class ConfigOwnedByAddOn(LedgerError):
    """`config set` or `unset` of what an add-on brought."""

    code: ClassVar[str] = "config.owned-by-add-on"
    exit_code: ClassVar[int] = 75

    def __init__(self, *, name: str, addon: str) -> None:
        self.name, self.addon = name, addon
        super().__init__(
            f"{name} belongs to the add-on {addon}",
            detail="An add-on sets its own config vars.",
            hint=f"Detach the add-on first: slugc addons detach {addon}",
        )


class NoSuchConfigVar(LedgerError):
    """`config get` of a name that is not set."""

    code: ClassVar[str] = "config.no-such-var"
    exit_code: ClassVar[int] = 75

    def __init__(self, *, name: str, app: str) -> None:
        self.name, self.app = name, app
        super().__init__(
            f"{app} has no config var {name}",
            detail="The current release does not set it.",
            hint=f"List them with: slugc config --app {app}",
        )
