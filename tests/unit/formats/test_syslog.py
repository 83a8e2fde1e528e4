"""Syslog frames as Logplex sends them."""

import pytest

from slugc.formats.logplex import headers
from slugc.formats.syslog import frame, parse_frames


def test_the_example_of_the_platforms_documentation() -> None:
    made = frame(
        at=b"2012-11-30T06:45:29+00:00",
        host=b"host",
        source="app",
        dyno="web.3",
        text=b"State changed from starting to up",
    )
    # Their example says <40> for a line of the platform under the name `app`; its length is the point here.
    assert made == b"84 <190>1 2012-11-30T06:45:29+00:00 host app web.3 - State changed from starting to up\n"


@pytest.mark.parametrize(
    ("source", "dyno", "priority"),
    [("app", "web.1", 190), ("app", "api", 190), ("heroku", "router", 158), ("heroku", "web.1", 45)],
)
def test_who_speaks_decides_the_priority(source: str, dyno: str, priority: int) -> None:
    assert frame(at=b"T", host=b"h", source=source, dyno=dyno, text=b"x").split(b" ")[1] == b"<%d>1" % priority


def test_frames_are_counted_in_bytes_so_that_any_content_can_stand_in_them() -> None:
    texts = ["plain", "ä ö", "12 <190>1 forged", ""]
    data = b"".join(frame(at=b"T", host=b"h", source="app", dyno="d", text=text.encode()) for text in texts)
    assert [message.split(b" - ", 1)[1].rstrip(b"\n").decode() for message in parse_frames(data)] == texts


def test_a_cut_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="5 ab"):
        parse_frames(b"5 ab")


def test_headers_of_a_batch() -> None:
    fields = headers(count=2, frame_id="a" * 32, token="d.x")
    assert fields["Content-Type"] == "application/logplex-1"
    assert fields["Logplex-Msg-Count"] == "2"
    assert fields["Logplex-Frame-Id"] == "a" * 32
    assert fields["Logplex-Drain-Token"] == "d.x"
