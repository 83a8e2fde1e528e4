import pytest

from slugc.events import Output, Step, Warned
from slugc.formats import transcript


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("-----> Installing", Step(text="Installing")),
        ("\x1b[1m-----> Bold\x1b[0m", Step(text="Bold")),
        (" !     Careful", Warned(text="Careful", buildpack="b")),
        ("\x1b[1;33m !     Careful\x1b[0m", Warned(text="Careful", buildpack="b")),
        ("       indented", Output(text="       indented", buildpack="b")),
        ("=====> Downloading", Output(text="=====> Downloading", buildpack="b")),
        ("-----> ", Output(text="-----> ", buildpack="b")),
        (" !", Output(text=" !", buildpack="b")),
        ("!important", Output(text="!important", buildpack="b")),
        ("", Output(text="", buildpack="b")),
    ],
)
def test_the_marks_of_the_classic_api_are_read_and_anything_else_is_kept(line, event):
    assert transcript.event(line, buildpack="b", stream="stdout") == event
