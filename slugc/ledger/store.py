"""The release ledger: apps, their releases, and what happens to them, in one append-only file."""

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import NamedTuple

from slugc.errors.ledger import (
    AppNameTaken,
    CannotRollBack,
    InvalidAppName,
    LedgerBroken,
    NoSuchApp,
    NoSuchRelease,
)
from slugc.host.clock import Clock
from slugc.ledger import chain, changes, rows
from slugc.ledger.database import Database
from slugc.model.app import APP_NAME, FEATURES, AddOn, App, Job
from slugc.model.dyno import DEFAULT_SIZE, SIZES, Formation, Quantity
from slugc.model.release import Release, ReleaseEntry, ReleaseManifest, ReleaseStatus

FILE_NAME = "ledger.sqlite3"
_LIVE_APPS = """SELECT * FROM apps a WHERE NOT EXISTS
    (SELECT 1 FROM app_settings s WHERE s.app = a.id AND s.key = 'destroyed')"""
_STATUS = """(SELECT e.status || char(10) || e.note FROM release_events e
    WHERE e.app = r.app AND e.version = r.version ORDER BY e.seq DESC LIMIT 1) AS event"""
_CONFIG = """coalesce(r.vars, (SELECT h.vars FROM releases h
    WHERE h.app = r.app AND h.version = r.config_of)) AS config"""
_ENTRIES = f"SELECT r.*, {_CONFIG}, {_STATUS} FROM releases r WHERE r.app = ?"  # noqa: S608 - only constants
_RELEASE = f"INSERT INTO releases ({', '.join(rows.COLUMNS)}) VALUES ({', '.join('?' * len(rows.COLUMNS))})"  # noqa: S608 - only constants
_EVENT = "INSERT INTO release_events (app, version, seq, status, at, note) VALUES (?, ?, ?, ?, ?, ?)"


class _Head(NamedTuple):
    """Where an app's next release goes on."""

    app: str
    number: int
    newest: Release
    current: Release
    config_of: int
    """The release whose row has the current one's config vars."""


class Ledger:
    """One file that several threads and processes may read and append to.

    Every method that changes something has it on disk when it returns, or raises LedgerNotWritten. All raise
    LedgerUnreadable.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        """Open or make the file at `path` (0600). Raises LedgerUnreadable."""
        self._db = Database(path)
        self._clock = clock
        self._left: tuple[_Head, tuple[int, int]] | None = None
        """What the last append left behind, and the state of the file then."""

    def close(self) -> None:
        self._db.close()

    # -- apps

    def create_app(self, name: str, *, user: str) -> App:
        """Raises InvalidAppName, AppNameTaken."""
        if not APP_NAME.fullmatch(name):
            raise InvalidAppName(name=name)
        with self._db.writing() as write:
            if any(row["name"] == name for row in write.execute(_LIVE_APPS)):
                raise AppNameTaken(name=name)
            first = changes.initial(name, user=user, now=self._clock.now())
            values = (name, user, first.created_at)
            made = write.execute("INSERT INTO apps (name, owner, created_at) VALUES (?, ?, ?)", values)
            assert made.lastrowid is not None
            self._insert(write, made.lastrowid, first, ReleaseStatus.SUCCEEDED, config_of=1)
            # An app of the hosted platform begins with these two, so that its first deploy is v3.
            second = changes.after(
                first, changes.Describe(description="Enable Logplex"), newest=first, user=user, now=self._clock.now()
            )
            self._insert(write, made.lastrowid, second, ReleaseStatus.SUCCEEDED, config_of=1)
        return self.app(name)

    def destroy_app(self, name: str, *, user: str) -> None:
        """The name is free again; the releases stay in the file. Raises NoSuchApp."""
        self.put_setting(name, "destroyed", "yes", user=user)

    def apps(self) -> tuple[App, ...]:
        return tuple(self._app(row) for row in self._db.all(f"{_LIVE_APPS} ORDER BY a.name"))

    def app(self, name: str) -> App:
        """Raises NoSuchApp."""
        row = self._db.one(f"{_LIVE_APPS} AND a.name = ?", name)
        if row is None:
            raise NoSuchApp(name=name, known=[app.name for app in self.apps()])
        return self._app(row)

    def put_setting(self, app: str, key: str, value: str, *, user: str) -> None:
        """Append one setting (`maintenance`, `feature:NAME`, `drain:URL`, ...); the newest of a key counts."""
        row = (self._number(app), key, value, user, self._now())
        with self._db.writing() as write:
            write.execute("INSERT INTO app_settings (app, key, value, user, at) VALUES (?, ?, ?, ?, ?)", row)

    def _number(self, name: str) -> int:
        row = self._db.one(f"{_LIVE_APPS} AND a.name = ?", name)
        return int(row["id"]) if row is not None else self.app(name).id

    def _app(self, row: sqlite3.Row) -> App:
        newest = "SELECT key, value FROM app_settings WHERE app = ? ORDER BY id"
        settings = {found["key"]: found["value"] for found in self._db.all(newest, row["id"])}
        return App(
            id=row["id"],
            name=row["name"],
            owner=row["owner"],
            created_at=row["created_at"],
            maintenance=settings.pop("maintenance", "off") == "on",
            features=frozenset(name for name in FEATURES if settings.pop(f"feature:{name}", "off") == "on"),
            settings=settings,
        )

    # -- releases

    def append(
        self, app: str, change: changes.Change, *, user: str, status: ReleaseStatus = ReleaseStatus.SUCCEEDED
    ) -> Release:
        """Write the release that `change` makes of the current one.

        `pending` for a release that must first run its release command: `mark` decides it later. Raises
        NoSuchApp and what changes.after raises.
        """
        with self._db.writing() as write:
            state = self._db.state()
            head = self._head(app, state)
            release = changes.after(head.current, change, newest=head.newest, user=user, now=self._clock.now())
            kept = release.config_vars == head.current.config_vars
            config_of = head.config_of if kept else release.version
            self._insert(write, head.number, release, status, config_of=config_of)
        if status is ReleaseStatus.SUCCEEDED:
            head = _Head(app, head.number, release, release, config_of)
        else:
            head = _Head(app, head.number, release, head.current, head.config_of)
        self._left = head, state
        return release

    def mark(self, app: str, version: int, status: ReleaseStatus, *, note: str = "") -> None:
        """Append what became of a pending release."""
        number = self._number(app)
        with self._db.writing() as write:
            self._insert_event(write, number, version, status, note)

    def releases(self, app: str, *, limit: int | None = None) -> tuple[ReleaseEntry, ...]:
        """Newest first. Raises NoSuchApp."""
        return tuple(self._entries(self._number(app), limit=-1 if limit is None else limit))

    def current(self, app: str) -> ReleaseEntry:
        """The newest release that succeeded; every app has one from its first moment. Raises NoSuchApp."""
        return next(entry for entry in self._newest(self._number(app)) if entry.current)

    def release(self, app: str, version: int) -> ReleaseEntry:
        """Raises NoSuchApp, NoSuchRelease."""
        entries = self._entries(self._number(app))
        for entry in entries:
            if entry.release.version == version:
                return entry
        raise NoSuchRelease(app=app, wanted=f"v{version}", newest=entries[0].release.version)

    def rollback_target(self, app: str, version: int | None = None) -> Release:
        """The release to go back to: `version`, else the newest good one with a slug before the current one.

        Raises NoSuchApp, NoSuchRelease, CannotRollBack.
        """
        if version is not None:
            entry = self.release(app, version)
            if entry.status is not ReleaseStatus.SUCCEEDED or entry.release.slug is None:
                reason = "It has no slug." if entry.release.slug is None else f"It is {entry.status}."
                raise CannotRollBack(app=app, wanted=f"v{version}", reason=reason)
            return entry.release
        current = self.current(app).release.version
        for entry in self.releases(app):
            good = entry.status is ReleaseStatus.SUCCEEDED and entry.release.slug is not None
            if good and entry.release.version < current:
                return entry.release
        raise CannotRollBack(app=app, wanted="an earlier release", reason="No earlier release has a slug.")

    def settle_pending(self, note: str) -> tuple[Release, ...]:
        """Mark failed what was pending when the platform was killed; returns those releases."""
        settled = []
        for app in self.apps():
            for entry in self.releases(app.name):
                if entry.status is ReleaseStatus.PENDING:
                    self.mark(app.name, entry.release.version, ReleaseStatus.FAILED, note=note)
                    settled.append(entry.release)
        return tuple(settled)

    def verify(self, app: str) -> int:
        """Recompute the chain; returns how many releases hold. Raises NoSuchApp, LedgerBroken."""
        number = self._number(app)
        try:
            releases = [entry.release for entry in reversed(self._entries(number))]
        except ValueError as error:
            raise LedgerBroken(app=app, version=1, reason=f"A release cannot be read: {error}.") from error
        broken = chain.first_broken(releases)
        if broken is not None:
            raise LedgerBroken(app=app, version=broken.version, reason=broken.reason)
        newest = self._db.one("SELECT max(version) AS v FROM release_events WHERE app = ?", number)
        if newest is not None and (newest["v"] or 0) > len(releases):
            version = len(releases) + 1
            raise LedgerBroken(app=app, version=version, reason=f"v{version} is gone, but its status is here.")
        return len(releases)

    def manifest(self, app: str, version: int, *, slug_path: str | None = None) -> ReleaseManifest:
        """One release written out, with the formation of now. Raises NoSuchApp, NoSuchRelease."""
        release = self.release(app, version).release
        return ReleaseManifest(
            app=app,
            version=version,
            slug=release.slug or "",
            slug_path=slug_path,
            config_vars=release.config_vars,
            addons=release.addons,
            description=release.description,
            user=release.user,
            created_at=release.created_at,
            commit=release.commit,
            formation={name: quantity.count for name, quantity in self.formation(app).items()},
        )

    def slugs_in_use(self) -> frozenset[str]:
        """Every slug that a release of a living app names: what gc must keep."""
        query = f"SELECT DISTINCT slug FROM releases WHERE slug IS NOT NULL AND app IN (SELECT id FROM ({_LIVE_APPS}))"  # noqa: S608 - only constants
        return frozenset(row["slug"] for row in self._db.all(query))

    def _head(self, app: str, state: tuple[int, int]) -> _Head:
        """Read anew, unless nobody wrote since this ledger itself appended to that app."""
        if self._left is not None:
            head, (others, own) = self._left
            if head.app == app and state == (others, own + 1):
                return head
        number = self._number(app)
        entries = self._newest(number)
        current = next(entry.release for entry in entries if entry.current)
        query = "SELECT config_of FROM releases WHERE app = ? AND version = ?"
        config_of = self._db.one(query, number, current.version)
        assert config_of is not None
        return _Head(app, number, entries[0].release, current, config_of[0])

    def _newest(self, number: int) -> list[ReleaseEntry]:
        """The newest releases, the current one among them: appending costs the same after 10,000 releases."""
        for limit in (1, 16):
            entries = self._entries(number, limit=limit)
            if any(entry.current for entry in entries):
                return entries
        return self._entries(number)

    def _entries(self, number: int, *, limit: int = -1) -> list[ReleaseEntry]:
        entries: list[ReleaseEntry] = []
        found_current = False
        for row in self._db.all(f"{_ENTRIES} ORDER BY r.version DESC LIMIT ?", number, limit):
            status, _, note = (row["event"] or "pending\n").partition("\n")
            current = not found_current and status == ReleaseStatus.SUCCEEDED
            found_current = found_current or current
            if row["config"] is None:
                missing, reason = row["config_of"], f"It is missing, and v{row['version']} has its config vars."
                raise LedgerBroken(app=row["app_name"], version=missing, reason=reason)
            release = rows.to_release(row)
            entries.append(ReleaseEntry(release=release, status=ReleaseStatus(status), current=current, note=note))
        return entries

    def _insert(
        self, write: sqlite3.Connection, number: int, release: Release, status: ReleaseStatus, *, config_of: int
    ) -> None:
        write.execute(_RELEASE, rows.to_columns(release, app=number, config_of=config_of))
        write.execute(_EVENT, (number, release.version, 1, status.value, release.created_at, ""))

    def _insert_event(
        self, write: sqlite3.Connection, number: int, version: int, status: ReleaseStatus, note: str
    ) -> None:
        query = "SELECT count(*) FROM release_events WHERE app = ? AND version = ?"
        before = write.execute(query, (number, version)).fetchone()[0]
        write.execute(_EVENT, (number, version, before + 1, status.value, self._now(), note))

    # -- formation: scaling makes no release

    def formation(self, app: str) -> dict[str, Quantity]:
        """Process type to its scale, types at 0 included, in the order they were first scaled."""
        query = "SELECT type, quantity, size FROM formation_events WHERE app = ? ORDER BY id"
        found = self._db.all(query, self._number(app))
        return {
            row["type"]: Quantity(count=row["quantity"], size=SIZES.get(row["size"], DEFAULT_SIZE)) for row in found
        }

    def scale(self, app: str, wanted: Formation, *, user: str) -> None:
        number, at = self._number(app), self._now()
        with self._db.writing() as write:
            write.executemany(
                "INSERT INTO formation_events (app, type, quantity, size, user, at) VALUES (?, ?, ?, ?, ?, ?)",
                [(number, name, quantity.count, quantity.size.name, user, at) for name, quantity in wanted.items()],
            )

    # -- add-ons and scheduled jobs

    def add_addon(self, addon: AddOn, *, user: str) -> None:
        row = (addon.name, addon.service, self._number(addon.app), json.dumps(dict(addon.details)), user, self._now())
        with self._db.writing() as write:
            write.execute(
                "INSERT INTO addons (name, service, app, details, user, created_at) VALUES (?, ?, ?, ?, ?, ?)", row
            )

    def end_addon(self, name: str, *, user: str) -> None:
        with self._db.writing() as write, contextlib.suppress(sqlite3.IntegrityError):
            write.execute("INSERT INTO addon_ends (name, user, at) VALUES (?, ?, ?)", (name, user, self._now()))

    def addons(self) -> tuple[AddOn, ...]:
        """All that exist, of every app, attached or not."""
        query = """SELECT d.*, a.name AS app_name FROM addons d JOIN apps a ON a.id = d.app
            WHERE d.name NOT IN (SELECT name FROM addon_ends) ORDER BY d.name"""
        return tuple(rows.to_addon(row) for row in self._db.all(query))

    def add_job(self, app: str, *, when: str, command: str, size: str, user: str) -> int:
        row = (self._number(app), when, command, size, user, self._now())
        with self._db.writing() as write:
            made = write.execute(
                "INSERT INTO jobs (app, moment, command, size, user, created_at) VALUES (?, ?, ?, ?, ?, ?)", row
            )
        return int(made.lastrowid or 0)

    def end_job(self, number: int, *, user: str) -> None:
        with self._db.writing() as write, contextlib.suppress(sqlite3.IntegrityError):
            write.execute("INSERT INTO job_ends (id, user, at) VALUES (?, ?, ?)", (number, user, self._now()))

    def jobs(self) -> tuple[Job, ...]:
        query = f"""SELECT j.*, a.name AS app_name FROM jobs j JOIN ({_LIVE_APPS}) a ON a.id = j.app
            WHERE j.id NOT IN (SELECT id FROM job_ends) ORDER BY j.id"""  # noqa: S608 - only constants
        return tuple(rows.to_job(row) for row in self._db.all(query))

    def _now(self) -> str:
        return changes.stamp(self._clock.now())
