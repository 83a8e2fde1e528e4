import pytest

from slugc_buildpack import versions


@pytest.mark.parametrize(
    ("text", "version", "admitted"),
    [
        (">=3.10,<3.13", "3.12.9", True),
        (">=3.10,<3.13", "3.13.0", False),
        ("~=3.11", "3.14.0", True),
        ("~=3.11", "4.0.0", False),
        ("~=3.11.2", "3.12.0", False),
        ("^3.11", "3.14.1", True),
        ("^3.11", "4.0.0", False),
        ("^0.2.3", "0.3.0", False),
        ("~3.11", "3.11.9", True),
        ("~3.11.2", "3.12.0", False),
        ("==3.11.*", "3.11.7", True),
        ("==3.11.*", "3.1.1", False),
        ("!=3.11.*", "3.11.7", False),
        ("3.11", "3.11.7", True),
        ("<3.11 || >=3.13", "3.13.1", True),
        ("<3.11 || >=3.13", "3.12.1", False),
        ("*", "3.9.1", True),
    ],
)
def test_a_range_admits_what_its_own_tool_would_admit(text, version, admitted):
    assert versions.Range(text).admits(version) is admitted


@pytest.mark.parametrize("text", ["three", ">=x", "3.11 3.12"])
def test_text_that_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match=r"\S"):
        versions.Range(text)


def test_a_series_takes_the_newest_by_number_and_not_by_letter():
    assert versions.newest(["3.11.9", "3.11.10", "3.12.1"], versions.Series("3.11")) == "3.11.10"


def test_a_series_does_not_take_a_longer_number():
    assert not versions.Series("3.1").admits("3.11.2")


def test_a_pre_release_serves_only_where_nothing_else_does():
    assert versions.newest(["3.15.0a1", "3.14.2"], versions.Range(">=3.14")) == "3.14.2"
    assert versions.newest(["3.15.0a1"], versions.Series("3.15")) == "3.15.0a1"


def test_an_exact_version_ignores_a_missing_zero():
    assert versions.Exactly("3.12").admits("3.12.0")
    assert not versions.Exactly("3.12.0").admits("3.12.0rc1")
