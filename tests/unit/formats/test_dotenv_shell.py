"""`.env` files as people write them."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slugc.formats import dotenv

VALUES = st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1\nB=2", {"A": "1", "B": "2"}),
        ("# note\n\n  export A = 1  # one\n", {"A": "1"}),
        ("A=\nB=''\nC=\"\"", {"A": "", "B": "", "C": ""}),
        ("A=hello there\n", {"A": "hello there"}),
        ("URL=postgres://u:p@h/d?x=1#frag\n", {"URL": "postgres://u:p@h/d?x=1#frag"}),
        ("A='  $HOME `id` # no comment '\n", {"A": "  $HOME `id` # no comment "}),
        ('A="a\\tb\\nc \\"q\\" \\\\ \\$x \\d"\n', {"A": 'a\tb\nc "q" \\ $x \\d'}),
        ("A='it'\\''s' # yes\n", {"A": "it's"}),
        ("KEY='-----BEGIN\nline 2\n-----END'\nB=2\n", {"KEY": "-----BEGIN\nline 2\n-----END", "B": "2"}),
        ("A=1\r\nB='x'\r\n", {"A": "1", "B": "x"}),
        ("\ufeffA=é\n", {"A": "é"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("", {}),
        ("A=#not a value", {"A": ""}),
    ],
)
def test_what_stands_in_the_file_is_what_the_app_gets(text: str, found: dict[str, str]) -> None:
    assert dotenv.parse(text) == found


@pytest.mark.parametrize(
    ("text", "line"), [("A=1\nnonsense\n", 2), ("A='open\n\n", 1), ('A=1\nB="x" y\n', 2), ("=1", 1), ("1A=2", 1)]
)
def test_a_mistake_is_named_by_its_line_and_without_the_value(text: str, line: int) -> None:
    with pytest.raises(dotenv.DotenvProblem) as caught:
        dotenv.parse(text)
    assert caught.value.line == line
    assert "open" not in caught.value.message


@given(st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True), VALUES, max_size=5))
def test_any_config_vars_survive_being_written_and_read(config: dict[str, str]) -> None:
    assert dotenv.parse(dotenv.write(config)) == config


@settings(max_examples=20, deadline=None)
@given(VALUES)
def test_a_shell_reads_the_written_value_as_it_was(value: str) -> None:
    script = f'{dotenv.write({"A": value})}printf %s "$A"'
    assert subprocess.run(["/bin/sh"], input=script.encode(), capture_output=True).stdout == value.encode()
