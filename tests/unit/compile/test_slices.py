"""Which files of the app are in which slice."""

import re

import pytest

from slugc.compile.slices import expression, sliced


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("static/*", "static/a", True),
        ("static/*", "static/a/b", False),
        ("**", "a", True),
        ("**", "a/b", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("[^a-c]x", "dx", True),
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
        ("[", "[", False),
        ("./a/", "a", True),
        ("a.b", "axb", False),
    ],
)
def test_patterns_are_those_of_go(pattern: str, path: str, matches: bool) -> None:
    assert bool(re.fullmatch(expression(pattern), path)) is matches


def test_the_first_slice_that_matches_has_the_file_and_folders_bring_what_is_in_them() -> None:
    paths = ["a/x", "a/deep/y", "b", "c"]
    assert sliced(paths, [["a/deep"], ["a", "b"]]) == {"a/x": 1, "a/deep/y": 0, "b": 1}
