"""Bytes of a dyno to lines of the stream."""

from hypothesis import given
from hypothesis import strategies as st

from slugc.logs.chunks import LINE_LIMIT, chunk, last_lines, parse_lines, shown, whole_lines
from slugc.model.log import LogFilter

AT = b"2026-11-23T10:00:00.000001+00:00"


def test_every_line_of_a_chunk_gets_the_prefix() -> None:
    entry = chunk(AT, "app", "web.1", b"one\n\nthree\n")
    head = AT + b" app[web.1]: "
    assert entry.text == head + b"one\n" + head + b"\n" + head + b"three\n"
    assert entry.count == 3
    assert entry.messages() == [b"one", b"", b"three"]


def test_a_line_that_comes_in_pieces_is_one_line() -> None:
    body, rest = whole_lines(b"", b"hal")
    assert (body, rest) == (b"", b"hal")
    assert whole_lines(rest, b"lo\nnext") == (b"hallo\n", b"next")


def test_carriage_returns_before_line_feeds_are_not_part_of_the_line() -> None:
    assert whole_lines(b"", b"a\r\nb\rc\r\n") == (b"a\nb\rc\n", b"")


def test_a_line_of_25000_bytes_becomes_three() -> None:
    body, rest = whole_lines(b"", b"x" * 25_000 + b"\nshort\n")
    assert [len(line) for line in body.splitlines()] == [10_000, 10_000, 5_000, 5]
    assert rest == b""


def test_a_line_that_never_ends_does_not_pile_up() -> None:
    rest, out = b"", b""
    for _ in range(100):
        body, rest = whole_lines(rest, b"y" * 1000)
        out += body
        assert len(rest) <= LINE_LIMIT
    assert out.replace(b"\n", b"") + rest == b"y" * 100_000


def test_a_long_line_is_not_cut_inside_a_character() -> None:
    text = "ä" * 12_000
    body, _ = whole_lines(b"", b"." + text.encode() + b"\n")
    assert "".join(line.decode() for line in body.splitlines()) == "." + text
    assert all(len(line) <= LINE_LIMIT for line in body.splitlines())


def test_bytes_that_are_not_utf8_are_shown() -> None:
    assert shown(b"caf\xe9 \xf0\x9f\x90\x8c") == "caf\\xe9 \N{SNAIL}"


@given(st.lists(st.binary(max_size=30_000), max_size=6))
def test_nothing_is_lost_and_no_line_is_too_long(pieces: list[bytes]) -> None:
    rest, out = b"", b""
    for piece in pieces:
        body, rest = whole_lines(rest, piece)
        out += body
    assert all(len(line) <= LINE_LIMIT for line in out.split(b"\n"))

    def bare(data: bytes) -> bytes:
        return data.replace(b"\r", b"").replace(b"\n", b"")

    assert bare(out + rest) == bare(b"".join(pieces))


def test_stored_lines_are_read_back_as_they_were() -> None:
    first = chunk(AT, "app", "web.1", b"a [x]: y\nb\n")
    second = chunk(AT, "heroku", "router", b"at=info\n")
    assert parse_lines(first.text + b"rubbish\n" + second.text) == [first, second]


def test_the_last_lines_are_counted_after_the_filter() -> None:
    chunks = [
        chunk(AT, "app", "web.1", b"1\n2\n3\n"),
        chunk(AT, "app", "worker.1", b"w\n"),
        chunk(AT, "app", "web.2", b"4\n"),
    ]
    found = last_lines(chunks, 3, LogFilter(dyno="web"))
    assert [message for entry in found for message in entry.messages()] == [b"2", b"3", b"4"]
    assert last_lines(chunks, 0, LogFilter()) == []
