"""Paths inside become paths outside, and nothing that only looks like one does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.sandbox.rewriting import PathTable

TABLE = PathTable.of({"/app": "/w/tree", "/app/cache": "/w/cache", "/usr": "/usr"})


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        pytest.param("/app", "/w/tree", id="the-place-itself"),
        pytest.param("/app/bin/x", "/w/tree/bin/x", id="below-it"),
        pytest.param("/app/cache/a", "/w/cache/a", id="the-longest-place-wins"),
        pytest.param("/application", "/application", id="a-longer-name"),
        pytest.param("/usr/bin", "/usr/bin", id="a-place-that-is-itself"),
    ],
)
def test_paths(given_: str, told: str) -> None:
    assert TABLE.path(given_) == told


def test_a_list_of_paths_is_rewritten_part_by_part() -> None:
    assert TABLE.value("/app/bin:/usr/bin:/app") == "/w/tree/bin:/usr/bin:/w/tree"


@pytest.mark.parametrize("value", ["https://host/app", "postgres://u:p@h:5432/app", "a /app b", "../app", "x/app"])
def test_config_vars_that_are_no_paths_stay_as_they_are(value: str) -> None:
    assert TABLE.value(value) == value


def test_shell_text_is_rewritten_where_a_path_begins() -> None:
    text = """cd /app && . "/app/.profile"; curl http://h/app -o '/app/cache/x' --to=/app"""
    told = """cd /w/tree && . "/w/tree/.profile"; curl http://h/app -o '/w/cache/x' --to=/w/tree"""
    assert TABLE.word(text) == told


@given(st.text())
def test_text_without_a_known_place_is_never_changed(text: str) -> None:
    table = PathTable.of({"/no-such-place-here": "/else"})
    assert table.word(text.replace("/no-such-place-here", "")) == text.replace("/no-such-place-here", "")
