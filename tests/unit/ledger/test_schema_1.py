"""A ledger that an earlier slugc made: its config vars stand in a table of their own. It opens, and holds."""

import contextlib
import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slugc.errors.ledger import LedgerUnreadable
from slugc.ledger import changes, schema
from slugc.ledger.chain import config_digest
from slugc.ledger.changes import ChangeConfig, Deploy, Describe, RollBack
from slugc.ledger.store import Ledger
from slugc.model.release import Release

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

RELEASES_1 = """CREATE TABLE releases (app INTEGER NOT NULL REFERENCES apps, version INTEGER NOT NULL,
    app_name TEXT NOT NULL, slug TEXT, config TEXT NOT NULL REFERENCES config_sets, addons TEXT NOT NULL,
    description TEXT NOT NULL, user TEXT NOT NULL, created_at TEXT NOT NULL, commit_id TEXT,
    previous TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (app, version)) STRICT, WITHOUT ROWID"""


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def six_releases() -> list[Release]:
    made = [changes.initial("shop", user="me", now=NOW)]
    for change in (
        Describe(description="Enable Logplex"),
        Deploy(slug="one"),
        ChangeConfig(set={"A": "é\n", "B": "2"}),
        Deploy(slug="two", commit="c" * 40),
        RollBack(to=made[0]),
    ):
        if isinstance(change, RollBack):
            change = RollBack(to=made[2])  # noqa: PLW2901 - the release exists only now
        made.append(changes.after(made[-1], change, newest=made[-1], user="me", now=NOW))
    return made


def written_by_schema_1(path: Path, releases: Sequence[Release]) -> None:
    statements = [statement for statement in schema.statements() if " ON releases " not in statement]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(RELEASES_1 if "TABLE releases " in statement else statement)
        connection.execute(
            "CREATE TABLE config_sets (digest TEXT PRIMARY KEY, vars TEXT NOT NULL) STRICT, WITHOUT ROWID"
        )
        for name in ("releases", "config_sets"):
            for verb in ("UPDATE", "DELETE"):
                refusal = f"SELECT RAISE(ABORT, '{name} is append-only')"
                connection.execute(f"CREATE TRIGGER {name}_keeps_{verb} BEFORE {verb} ON {name} BEGIN {refusal}; END")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("INSERT INTO apps (name, owner, created_at) VALUES ('shop', 'me', '')")
        for r in releases:
            config = config_digest(r.config_vars)
            connection.execute("INSERT OR IGNORE INTO config_sets VALUES (?, ?)", (config, json.dumps(r.config_vars)))
            row = (1, r.version, r.app, r.slug, config, "[]", r.description, r.user, r.created_at, r.commit)
            connection.execute(f"INSERT INTO releases VALUES ({'?, ' * 11}?)", (*row, r.previous, r.digest))
            connection.execute("INSERT INTO release_events VALUES (1, ?, 1, 'succeeded', '', '')", (r.version,))
        connection.commit()


def test_it_opens_with_the_same_releases_and_a_chain_that_holds(tmp_path: Path) -> None:
    path, before = tmp_path / "ledger.sqlite3", six_releases()
    written_by_schema_1(path, before)
    with contextlib.closing(Ledger(path, clock=StoppedClock())) as ledger:
        assert [entry.release for entry in reversed(ledger.releases("shop"))] == before
        assert ledger.verify("shop") == 6
        ledger.append("shop", ChangeConfig(set={"C": "3"}), user="me")
        ledger.append("shop", Deploy(slug="three"), user="me")
        assert ledger.verify("shop") == 8
        assert ledger.current("shop").release.config_vars == {"C": "3"}


def test_what_it_became_is_append_only_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    written_by_schema_1(path, six_releases())
    Ledger(path, clock=StoppedClock()).close()
    new = tmp_path / "new.sqlite3"
    Ledger(new, clock=StoppedClock()).close()
    with contextlib.closing(sqlite3.connect(path)) as connection, contextlib.closing(sqlite3.connect(new)) as other:
        names = "SELECT type, name FROM sqlite_master ORDER BY type, name"
        assert connection.execute(names).fetchall() == other.execute(names).fetchall()
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for statement in ("UPDATE releases SET slug = 'x'", "DELETE FROM releases"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_two_that_open_it_at_once_both_find_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    written_by_schema_1(path, six_releases())
    first, second = Ledger(path, clock=StoppedClock()), Ledger(path, clock=StoppedClock())
    first.append("shop", Deploy(slug="four"), user="me")
    assert second.append("shop", Deploy(slug="five"), user="me").version == 8
    assert first.append("shop", Deploy(slug="six"), user="me").version == 9
    assert second.verify("shop") == first.verify("shop") == 9
    first.close()
    second.close()


def test_one_whose_config_vars_are_gone_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    written_by_schema_1(path, six_releases())
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER config_sets_keeps_DELETE")
        connection.execute("DELETE FROM config_sets WHERE vars LIKE '%A%'")
        connection.commit()
        kept = list(connection.iterdump())
    with pytest.raises(LedgerUnreadable):
        Ledger(path, clock=StoppedClock())
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert list(connection.iterdump()) == kept
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
