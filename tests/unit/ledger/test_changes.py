"""What each change makes of a release, in the words users know."""

from datetime import UTC, datetime

import pytest

from slugc.errors.ledger import CannotRollBack, ConfigOwnedByAddOn, InvalidConfigName
from slugc.ledger import changes
from slugc.ledger.chain import first_broken
from slugc.model.release import Release

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def history(*made: changes.Change) -> list[Release]:
    releases = [changes.initial("shop", user="me", now=NOW)]
    for change in made:
        releases.append(changes.after(releases[-1], change, newest=releases[-1], user="me", now=NOW))
    return releases


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (changes.Deploy(slug="d" * 64, commit="7894b412aa55"), "Deploy 7894b412"),
        (changes.Deploy(slug="abcdef0123456789"), "Deploy abcdef01"),
        (changes.Deploy(slug="d" * 64, description="Promote"), "Promote"),
        (changes.ChangeConfig(set={"ENERGY": "1"}), "Set ENERGY config vars"),
        (changes.ChangeConfig(set={"LANG": "C", "RACK_ENV": "x"}), "Set LANG, RACK_ENV config vars"),
        (changes.ChangeConfig(set={}, unset=("X",)), "Remove X config vars"),
        (changes.ChangeConfig(set={"A": "1"}, unset=("B",)), "Set A, remove B config vars"),
        (
            changes.Attach(addon="redis-curly-33328", plan="redis", attachment="REDIS", values={"REDIS_URL": "r"}),
            "Attach REDIS (@ref:redis-curly-33328)",
        ),
        (changes.Detach(addon="redis-curly-33328", attachment="REDIS"), "Detach REDIS (@ref:redis-curly-33328)"),
    ],
)
def test_a_release_says_what_changed(change: changes.Change, text: str) -> None:
    release = history(change)[-1]
    assert (release.version, release.description) == (2, text)


def test_a_rollback_brings_back_slug_and_config_and_leaves_addons_alone() -> None:
    releases = history(
        changes.Deploy(slug="old", commit="1"),
        changes.ChangeConfig(set={"A": "1"}),
        changes.Deploy(slug="new", commit="2"),
        changes.ChangeConfig(set={"A": "2", "B": "2"}),
        changes.Attach(addon="db-1", plan="postgresql", attachment="DATABASE", values={"DATABASE_URL": "p"}),
    )
    back = changes.after(releases[-1], changes.RollBack(to=releases[2]), newest=releases[-1], user="me", now=NOW)
    assert back.description == "Rollback to v3"
    assert (back.version, back.slug, back.commit) == (7, "old", "1")
    assert back.config_vars == {"A": "1", "DATABASE_URL": "p"}
    assert [addon.name for addon in back.addons] == ["db-1"]


def test_a_rollback_over_a_destroyed_addon_does_not_bring_its_address_back() -> None:
    attach = changes.Attach(addon="db-1", plan="postgresql", attachment="DATABASE", values={"DATABASE_URL": "p"})
    releases = history(changes.Deploy(slug="s"), attach, changes.Detach(addon="db-1", attachment="DATABASE"))
    back = changes.after(releases[-1], changes.RollBack(to=releases[2]), newest=releases[-1], user="me", now=NOW)
    assert "DATABASE_URL" not in back.config_vars


def test_a_release_without_a_slug_is_no_target_of_a_rollback() -> None:
    releases = history(changes.Deploy(slug="s"))
    with pytest.raises(CannotRollBack):
        changes.after(releases[-1], changes.RollBack(to=releases[0]), newest=releases[-1], user="me", now=NOW)


def test_a_config_var_of_an_addon_cannot_be_changed_or_removed() -> None:
    attach = changes.Attach(addon="db-1", plan="postgresql", attachment="DATABASE", values={"DATABASE_URL": "p"})
    for change in (
        changes.ChangeConfig(set={"DATABASE_URL": "mine"}),
        changes.ChangeConfig(set={}, unset=("DATABASE_URL",)),
    ):
        with pytest.raises(ConfigOwnedByAddOn) as caught:
            history(attach, change)
        assert (caught.value.name, caught.value.addon) == ("DATABASE_URL", "db-1")


def test_a_reserved_name_makes_no_release() -> None:
    with pytest.raises(InvalidConfigName):
        history(changes.ChangeConfig(set={"PORT": "80"}))


def test_a_release_after_a_failed_one_keeps_the_config_of_the_current_one() -> None:
    good, failed = history(changes.ChangeConfig(set={"A": "1"}))
    after = changes.after(good, changes.Deploy(slug="s"), newest=failed, user="me", now=NOW)
    assert (after.version, after.config_vars) == (3, {})
    assert first_broken([good, failed, after]) is None


def test_config_vars_do_not_stand_in_the_text_of_a_release() -> None:
    assert "hunter2" not in repr(history(changes.ChangeConfig(set={"PASSWORD": "hunter2"})))
