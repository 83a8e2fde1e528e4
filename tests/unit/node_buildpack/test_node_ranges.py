"""npm's ranges, as npm reads them."""

import pytest

from slugc_node.ranges import NpmRange


@pytest.mark.parametrize(
    ("text", "admitted", "refused"),
    [
        ("22.x", ["22.0.0", "22.23.3"], ["21.9.9", "23.0.0"]),
        ("22", ["22.1.0"], ["23.0.0"]),
        ("v20.1.0", ["20.1.0"], ["20.1.1"]),
        ("=20.1", ["20.1.9"], ["20.2.0"]),
        ("^20.1", ["20.1.0", "20.9.0"], ["20.0.9", "21.0.0"]),
        ("^0.2.3", ["0.2.9"], ["0.3.0", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("~20.1.2", ["20.1.9"], ["20.2.0", "20.1.1"]),
        ("~20", ["20.9.0"], ["21.0.0"]),
        (">= 18 <21", ["18.0.0", "20.9.9"], ["17.9.9", "21.0.0"]),
        (">20", ["21.0.0"], ["20.9.9"]),
        (">20.1.0", ["20.1.1"], ["20.1.0"]),
        ("<=20", ["20.9.9"], ["21.0.0"]),
        ("<20", ["19.9.9"], ["20.0.0"]),
        ("18 - 20", ["18.0.0", "20.9.9"], ["17.9.9", "21.0.0"]),
        ("18.2.0 - 20.1.0", ["20.1.0"], ["20.1.1", "18.1.9"]),
        ("18 || >=22", ["18.1.0", "24.0.0"], ["20.0.0"]),
        ("*", ["1.0.0"], []),
        ("", ["26.0.0"], []),
        (">=22.0.0-0", ["22.1.0"], ["21.0.0"]),
    ],
)
def test_a_range_admits_what_npm_admits(text, admitted, refused):
    wanted = NpmRange(text)
    assert [version for version in admitted if not wanted.admits(version)] == []
    assert [version for version in refused if wanted.admits(version)] == []


def test_a_pre_release_serves_only_who_names_it():
    assert not NpmRange(">=22").admits("23.0.0-rc.1")
    assert NpmRange("23.0.0-rc.1").admits("23.0.0-rc.1")


@pytest.mark.parametrize("text", ["twenty", ">=x.y.z.w", "20.a", "^", "lts"])
def test_text_that_is_no_range_is_refused(text):
    with pytest.raises(ValueError):
        NpmRange(text)
