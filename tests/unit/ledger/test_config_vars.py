"""Which names and values may be config vars."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.errors.ledger import ConfigTooLarge, InvalidConfigName, InvalidConfigPair, InvalidConfigValue
from slugc.ledger import config_vars


@pytest.mark.parametrize("name", ["A", "_A", "a1", "DATABASE_URL", "AIRFLOW__CORE__KEY", "PATH"])
def test_ordinary_names_are_taken(name: str) -> None:
    assert config_vars.name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", "1A", "A-B", "A B", "Ä", "A\n", "__A", "HEROKU_APP", "SLUGC_HOME", "PORT", "DYNO", "A.B", "A\0"]
)
def test_other_names_are_refused_with_a_reason(name: str) -> None:
    assert config_vars.name_problem(name)
    with pytest.raises(InvalidConfigName):
        config_vars.check_name(name)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))))
def test_any_text_can_be_a_value(value: str) -> None:
    assert config_vars.parse_pair(f"A={value}") == ("A", value)
    config_vars.check({"A": value})


@pytest.mark.parametrize("text", ["A", "=1", "my_secret", ""])
def test_an_argument_that_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfigPair):
        config_vars.parse_pair(text)


def test_a_value_of_64_kb_fits_and_one_byte_more_does_not() -> None:
    config_vars.check({"A": "x" * 65_536})
    with pytest.raises(ConfigTooLarge) as caught:
        config_vars.check({"A": "é" * 32_768 + "x"})
    assert caught.value.size == 65_537


def test_many_values_together_have_a_bound() -> None:
    with pytest.raises(ConfigTooLarge) as caught:
        config_vars.check({f"A{n}": "x" * 60_000 for n in range(9)})
    assert caught.value.name is None


@pytest.mark.parametrize("value", ["a\0b", "\udc80"])
def test_a_value_that_no_environment_can_carry_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(InvalidConfigValue) as caught:
        config_vars.check({"SECRET": value})
    assert value not in caught.value.summary + caught.value.detail


def test_an_unchanged_value_and_an_absent_name_are_no_change() -> None:
    assert not config_vars.difference({"A": "1"}, {"A": "1", "B": None})
    change = config_vars.difference({"A": "1", "B": "2"}, {"A": "9", "B": None, "C": ""})
    assert (change.set, change.unset) == ({"A": "9", "C": ""}, ("B",))


def test_a_masked_listing_shows_no_value() -> None:
    assert config_vars.masked({"A": "hunter2", "B": ""}) == {"A": "********", "B": ""}
