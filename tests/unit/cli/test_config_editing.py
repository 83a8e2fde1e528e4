"""The note above text that `config edit` shows again."""

import pytest

from slugc.cli.editing import with_note, without_note
from slugc.formats import dotenv


@pytest.mark.parametrize("text", ["A=1\nhalf\n", "half", "# mine\n\nhalf\nB='1\n2'\n"])
def test_the_note_names_the_line_that_it_moved_and_leaves_no_trace(text: str) -> None:
    with pytest.raises(dotenv.DotenvProblem) as caught:
        dotenv.parse(text)
    shown = with_note(text, caught.value)
    line = int(shown.split("Line ")[1].split(":")[0])
    assert shown.splitlines()[line - 1] == "half"
    assert without_note(shown) == text


def test_the_users_own_comments_stay() -> None:
    assert without_note("# mine\n#! Line 1\nA=1\n") == "# mine\n#! Line 1\nA=1\n"
