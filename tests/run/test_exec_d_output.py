"""The TOML that bash reads from exec.d programs, held against a real TOML reader."""

import subprocess

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from slugc.dynos.exec_d import PARSER
from slugc.formats.toml_text import dump

SHOW = (
    PARSER
    + r"""
if __slugc_toml "$(cat)"; then
  for n in "${!__names[@]}"; do printf '%s\0%s\0' "${__names[n]}" "${__values[n]}"; done
else
  printf '%s' "$__why" >&2; exit 1
fi
"""
)


def read(text: str) -> dict[str, str] | None:
    done = subprocess.run(
        ["/bin/bash", "-c", SHOW], input=text.encode(), capture_output=True, check=False, timeout=60, env={"LANG": "C"}
    )
    if done.returncode:
        assert done.stderr
        return None
    fields = done.stdout.decode().split("\0")[:-1]
    return dict(zip(fields[::2], fields[1::2], strict=True))


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(TEXT.filter(bool), TEXT, max_size=4))
def test_whatever_strings_a_writer_escapes_come_out_the_same(values: dict[str, str]) -> None:
    assert read(dump(values)) == values


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "A='literal \\n stays'",
        'A = "tab\\there" # comment\r\nB="x"\r\n',
        'A = """\nfirst\nsecond \\\n   joined"""',
        "A = '''\nit''s '\\ raw'''",
        'A = """a "quoted" ""word"" """',
        'A = """ends with two quotes"""""',
        "A = '''ends with one quote''''",
        'A = "\\u00e9\\U0001F600\\u20ac"',
        '"quoted key" = "x"\n\'literal key\'="y"\nbare-key_1 = "z"\n',
        "A = \"\"\nB = ''\nC = \"\"\"\"\"\"\nD = ''''''",
    ],
)
def test_every_kind_of_string_is_read_as_toml_reads_it(text: str) -> None:
    assert read(text) == tomli.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "A = 1",
        "A = true",
        'A = ["x"]',
        '[table]\nA = "x"',
        'A.B = "x"',
        'A = "x" B = "y"',
        'A = "x"\nA = "y"',
        'A = "unclosed',
        'A = "line\nbreak"',
        "A = 'line\nbreak'",
        'A = "\\q"',
        'A = "\\ud800"',
        "A",
        "= 'x'",
        "no toml at all",
    ],
)
def test_anything_else_than_a_flat_table_of_strings_is_refused(text: str) -> None:
    assert read(text) is None
