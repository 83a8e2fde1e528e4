"""The ledger's file: what is written stays, and what was changed behind its back is found."""

import contextlib
import resource
import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slugc.errors.addons import AttachmentTaken
from slugc.errors.ledger import (
    AppNameTaken,
    CannotRollBack,
    InvalidConfigName,
    LedgerBroken,
    LedgerNotWritten,
    LedgerUnreadable,
    NoSuchApp,
    NoSuchRelease,
)
from slugc.ledger.changes import Attach, ChangeConfig, Deploy, RollBack
from slugc.ledger.store import Ledger
from slugc.model.app import AddOn
from slugc.model.dyno import SIZES, Quantity
from slugc.model.release import ReleaseStatus


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened = Ledger(path, clock=StoppedClock())
    yield opened
    opened.close()


def tampered(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def with_three_deploys(ledger: Ledger) -> None:
    ledger.create_app("shop", user="me")
    for slug in ("one", "two", "three"):
        ledger.append("shop", Deploy(slug=slug), user="me")


def test_a_new_app_has_the_two_releases_every_app_begins_with(ledger: Ledger) -> None:
    ledger.create_app("shop", user="me")
    found = [(e.release.version, e.release.description, e.current) for e in ledger.releases("shop")]
    assert found == [(2, "Enable Logplex", True), (1, "Initial release", False)]


def test_releases_survive_closing_and_opening_again(ledger: Ledger, path: Path) -> None:
    with_three_deploys(ledger)
    ledger.append("shop", ChangeConfig(set={"A": "é\n'\"$(x)"}), user="you")
    again = Ledger(path, clock=StoppedClock())
    current = again.current("shop").release
    assert (current.version, current.slug, current.config_vars, current.user) == (
        6,
        "three",
        {"A": "é\n'\"$(x)"},
        "you",
    )
    assert current.created_at == "2026-01-02T03:04:05Z"
    assert again.verify("shop") == 6
    again.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE releases SET slug = 'x'",
        "DELETE FROM releases",
        "DELETE FROM release_events",
        "UPDATE releases SET vars = '{}'",
        "UPDATE apps SET name = 'x'",
        "DELETE FROM app_settings",
    ],
)
def test_the_file_itself_refuses_to_change_or_forget(ledger: Ledger, path: Path, statement: str) -> None:
    with_three_deploys(ledger)
    ledger.put_setting("shop", "maintenance", "on", user="me")
    with (
        contextlib.closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "version"),
    [
        ("UPDATE releases SET slug = 'evil' WHERE version = 4", 4),
        ("UPDATE releases SET user = 'other' WHERE version = 3", 3),
        ("DELETE FROM releases WHERE version = 4", 4),
        ("DELETE FROM releases WHERE version = 5", 5),
        ('UPDATE releases SET vars = \'{"A":"9"}\' WHERE version = 1', 1),
        ("DELETE FROM releases WHERE version = 1", 1),
        ("UPDATE releases SET previous = '' WHERE version = 2", 2),
        ('UPDATE releases SET addons = \'[["x","y",[],""]]\' WHERE version = 5', 5),
    ],
)
def test_verify_names_the_first_broken_link(ledger: Ledger, path: Path, statement: str, version: int) -> None:
    with_three_deploys(ledger)
    tampered(path, statement)
    with pytest.raises(LedgerBroken) as caught:
        ledger.verify("shop")
    assert caught.value.version == version
    assert f"v{version}" in str(caught.value)


def test_every_ledger_goes_on_from_what_any_other_wrote_last(ledger: Ledger, path: Path) -> None:
    with_three_deploys(ledger)
    other = Ledger(path, clock=StoppedClock())
    for number in range(3):
        ledger.append("shop", ChangeConfig(set={f"MINE{number}": "1"}), user="me")
        other.append("shop", ChangeConfig(set={f"YOURS{number}": "1"}), user="you")
    assert sorted(ledger.current("shop").release.config_vars) == [
        "MINE0", "MINE1", "MINE2", "YOURS0", "YOURS1", "YOURS2",
    ]  # fmt: skip
    assert ledger.verify("shop") == other.verify("shop") == 11
    other.close()


def test_an_app_made_anew_under_a_name_does_not_go_on_with_the_old_ones_releases(ledger: Ledger) -> None:
    with_three_deploys(ledger)
    ledger.destroy_app("shop", user="me")
    ledger.create_app("shop", user="me")
    assert ledger.append("shop", Deploy(slug="new"), user="me").version == 3
    ledger.create_app("other", user="me")
    assert ledger.append("other", Deploy(slug="x"), user="me").version == 3
    assert ledger.append("shop", Deploy(slug="newer"), user="me").version == 4


def test_a_release_that_was_refused_does_not_count_for_the_next(ledger: Ledger) -> None:
    with_three_deploys(ledger)
    with pytest.raises(InvalidConfigName):
        ledger.append("shop", ChangeConfig(set={"PORT": "1"}), user="me")
    bad = ledger.append("shop", Deploy(slug="bad"), user="me", status=ReleaseStatus.PENDING)
    ledger.append("shop", ChangeConfig(set={"A": "1"}), user="me")
    ledger.mark("shop", bad.version, ReleaseStatus.SUCCEEDED)
    last = ledger.append("shop", Deploy(slug="last"), user="me")
    assert (last.version, last.slug, last.config_vars) == (8, "last", {"A": "1"})
    assert ledger.verify("shop") == 8


def test_a_release_that_the_disk_has_no_room_for_is_refused_and_the_next_is_not(ledger: Ledger, path: Path) -> None:
    ledger.create_app("demo", user="me")
    room = path.with_name(f"{path.name}-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(LedgerNotWritten) as caught:
            ledger.append("demo", ChangeConfig(set={"A": "x" * 30_000}), user="me")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(path) in caught.value.detail
    assert ledger.append("demo", ChangeConfig(set={"A": "y"}), user="me").version == 3
    assert ledger.verify("demo") == 3


def test_a_short_listing_has_the_newest_releases_and_says_which_is_current(ledger: Ledger) -> None:
    ledger.create_app("demo", user="me")
    ledger.append("demo", ChangeConfig(set={"A": "1"}), user="me")
    ledger.append("demo", ChangeConfig(set={"A": "2"}), user="me", status=ReleaseStatus.FAILED)
    shown = [(entry.release.version, entry.current) for entry in ledger.releases("demo", limit=2)]
    assert shown == [(4, False), (3, True)]


def test_a_release_whose_config_vars_were_taken_away_says_so_wherever_it_is_read(ledger: Ledger, path: Path) -> None:
    with_three_deploys(ledger)
    ledger.append("shop", ChangeConfig(set={"A": "1"}), user="me")
    ledger.append("shop", Deploy(slug="four"), user="me")
    tampered(path, "DELETE FROM releases WHERE version = 6")
    for read in (ledger.current, ledger.releases, ledger.verify):
        with pytest.raises(LedgerBroken, match="broken at v6"):
            read("shop")


def test_a_failed_release_is_kept_and_the_app_stays_on_the_one_before(ledger: Ledger) -> None:
    with_three_deploys(ledger)
    bad = ledger.append("shop", Deploy(slug="bad"), user="me", status=ReleaseStatus.PENDING)
    assert ledger.current("shop").release.slug == "three"
    ledger.mark("shop", bad.version, ReleaseStatus.FAILED, note="exit 1")
    assert ledger.current("shop").release.slug == "three"
    entry = ledger.release("shop", bad.version)
    assert (entry.status, entry.note) == (ReleaseStatus.FAILED, "exit 1")
    ledger.append("shop", ChangeConfig(set={"A": "1"}), user="me")
    assert ledger.current("shop").release.slug == "three"
    assert ledger.verify("shop") == 7


def test_what_was_pending_at_a_crash_is_settled_as_failed(ledger: Ledger) -> None:
    with_three_deploys(ledger)
    pending = ledger.append("shop", Deploy(slug="x"), user="me", status=ReleaseStatus.PENDING)
    assert [r.version for r in ledger.settle_pending("the platform stopped")] == [pending.version]
    assert ledger.release("shop", pending.version).status is ReleaseStatus.FAILED
    assert ledger.settle_pending("again") == ()


def test_rolling_back_without_a_version_goes_to_the_newest_good_release_before(ledger: Ledger) -> None:
    with_three_deploys(ledger)
    assert ledger.rollback_target("shop").slug == "two"
    ledger.append("shop", RollBack(to=ledger.rollback_target("shop", 3)), user="me")
    assert ledger.current("shop").release.slug == "one"
    with pytest.raises(CannotRollBack):
        ledger.rollback_target("shop", 1)
    with pytest.raises(NoSuchRelease):
        ledger.rollback_target("shop", 99)


def test_scaling_makes_no_release_and_remembers_the_newest(ledger: Ledger) -> None:
    with_three_deploys(ledger)
    ledger.scale("shop", {"web": Quantity(count=1, size=SIZES["standard-1x"])}, user="me")
    ledger.scale(
        "shop", {"web": Quantity(count=3, size=SIZES["eco"]), "worker": Quantity(count=0, size=SIZES["eco"])}, user="me"
    )
    assert {k: v.count for k, v in ledger.formation("shop").items()} == {"web": 3, "worker": 0}
    assert len(ledger.releases("shop")) == 5
    assert ledger.manifest("shop", 5).formation == {"web": 3, "worker": 0}


def test_a_destroyed_apps_name_is_free_and_its_releases_are_not_the_new_apps(ledger: Ledger) -> None:
    with_three_deploys(ledger)
    with pytest.raises(AppNameTaken):
        ledger.create_app("shop", user="me")
    assert ledger.slugs_in_use() == {"one", "two", "three"}
    ledger.destroy_app("shop", user="me")
    assert ledger.slugs_in_use() == frozenset()
    with pytest.raises(NoSuchApp):
        ledger.app("shop")
    ledger.create_app("shop", user="me")
    assert len(ledger.releases("shop")) == 2


def test_settings_maintenance_and_features_are_the_newest_of_each(ledger: Ledger) -> None:
    ledger.create_app("shop", user="me")
    for key, value in [("maintenance", "on"), ("feature:preboot", "on"), ("maintenance", "off"), ("drain:x", "y")]:
        ledger.put_setting("shop", key, value, user="me")
    app = ledger.app("shop")
    assert (app.maintenance, app.features, app.settings) == (False, {"preboot"}, {"drain:x": "y"})


def test_addons_and_jobs_end_without_being_deleted(ledger: Ledger) -> None:
    ledger.create_app("shop", user="me")
    ledger.add_addon(AddOn(name="redis-a-1", service="redis", app="shop", created_at="", details={"p": "1"}), user="me")
    number = ledger.add_job("shop", when="daily at 04:30", command="date", size="eco", user="me")
    assert [(a.name, a.details) for a in ledger.addons()] == [("redis-a-1", {"p": "1"})]
    assert [(j.id, j.when) for j in ledger.jobs()] == [(number, "daily at 04:30")]
    ledger.end_addon("redis-a-1", user="me")
    ledger.end_job(number, user="me")
    assert (ledger.addons(), ledger.jobs()) == ((), ())


def test_nobody_else_can_read_the_file(ledger: Ledger, path: Path) -> None:
    with_three_deploys(ledger)
    modes = {stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()}
    assert modes == {0o600}


def test_a_file_that_is_no_ledger_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"this is not a database, but long enough to look like one" * 40)
    with pytest.raises(LedgerUnreadable):
        Ledger(path, clock=StoppedClock())
    newer = tmp_path / "newer.sqlite3"
    with contextlib.closing(sqlite3.connect(newer)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerUnreadable, match="ledger"):
        Ledger(newer, clock=StoppedClock())


def test_an_attachment_never_takes_a_config_var_that_is_there(ledger: Ledger) -> None:
    ledger.create_app("shop", user="me")
    ledger.append("shop", ChangeConfig(set={"DATABASE_URL": "mine"}), user="me")
    taken = Attach(addon="postgresql-calm-1", plan="postgresql", attachment="DATABASE", values={"DATABASE_URL": "x"})
    with pytest.raises(AttachmentTaken):
        ledger.append("shop", taken, user="me")
    assert ledger.current("shop").release.config_vars == {"DATABASE_URL": "mine"}
