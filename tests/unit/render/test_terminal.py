"""What an app or its visitors wrote, on somebody's terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.render.terminal import harmless, harmless_text


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        pytest.param(b"\x1b[1;31mred\x1b[0m\ttab\n", b"\x1b[1;31mred\x1b[0m\ttab\n", id="colours pass"),
        pytest.param(b"\x1b]52;c;ZXZpbA==\x07", b"\\x1b]52;c;ZXZpbA==\\x07", id="the clipboard is not filled"),
        pytest.param(b"\x1b]0;title\x1b\\", b"\\x1b]0;title\\x1b\\", id="the title stays"),
        pytest.param(b"\x1b[2J\x1b[H", b"\\x1b[2J\\x1b[H", id="the screen stays"),
        pytest.param(b"true\rfalse", b"true\\x0dfalse", id="a line does not write over itself"),
        pytest.param("\u009b2J é".encode(), b"\\xc2\\x9b2J \xc3\xa9", id="the short form of an escape"),
        pytest.param(b"\x1b[31", b"\\x1b[31", id="a colour without an end"),
    ],
)
def test_nothing_but_colours_is_obeyed(printed: bytes, shown: bytes) -> None:
    assert harmless(printed) == shown


def test_a_listing_has_no_colours_of_somebodys_choice() -> None:
    assert harmless_text("Deploy \x1b[8mhidden\nnext é") == "Deploy \\x1b[8mhidden\nnext é"


@given(st.text(alphabet="\x00\x07\x08\t\n\r\x1b\x7f\u0085\u009b[]m;0é日"))
def test_no_control_character_is_left_in_a_listing(text: str) -> None:
    assert not [c for c in harmless_text(text) if c not in "\t\n" and (c < " " or "\x7f" <= c <= "\x9f")]


def test_a_name_that_is_not_utf_8_survives() -> None:
    assert harmless_text("caf\udce9") == "caf\udce9"
