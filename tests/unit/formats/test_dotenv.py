"""Config vars from a file: data in, the same data out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.formats.dotenv import DotenvProblem, parse, write

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"), max_size=40)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=plain", "plain"),
        ("  export A = spaced out  ", "spaced out"),
        ("A=value # a comment", "value"),
        ("A=a#b", "a#b"),
        ("A=#all comment", ""),
        ("A='it is $HOME # here'", "it is $HOME # here"),
        ('A="two\\nlines"', "two\nlines"),
        ('A="real\nline"', "real\nline"),
        ('A="a \\"quote\\" and \\\\" # done', 'a "quote" and \\'),
        ("\ufeffA=bom\r\n", "bom"),
        ("A=", ""),
        ("A=a=b", "a=b"),
    ],
)
def test_one_line_gives_one_value(text: str, value: str) -> None:
    assert parse(text) == {"A": value}


def test_comments_and_blank_lines_are_skipped_and_a_later_line_wins() -> None:
    assert parse("# first\n\nA=1\n  # more\nB=2\nA=3\n") == {"A": "3", "B": "2"}


@pytest.mark.parametrize(
    ("text", "line"), [("A=1\nnonsense\n", 2), ("A=1\n\nB='open\nC=2\n", 3), ("A='x' y", 1), ("1A=x", 1)]
)
def test_a_broken_line_is_named_by_its_number(text: str, line: int) -> None:
    with pytest.raises(DotenvProblem) as caught:
        parse(text)
    assert caught.value.line == line


@given(st.dictionaries(NAMES, VALUES))
def test_what_is_written_reads_back_the_same(variables: dict[str, str]) -> None:
    assert parse(write(variables)) == variables
