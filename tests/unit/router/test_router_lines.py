"""HAProxy's records to Heroku's lines."""

import pytest

from slugc.router.lines import digest, parse

OK = b"demo http -- - web.1 0 3 200 13 R 127.0.0.1 GET {demo.localhost||} /a\n"
LINE = (
    b'at=info method=GET path="/a" host=demo.localhost request_id=R fwd="127.0.0.1" dyno=web.1'
    b" connect=0ms service=3ms status=200 bytes=13 protocol=http\n"
)


def lines(chunk: bytes) -> bytes:
    """Those of a chunk of one app."""
    [batch] = digest(chunk)
    assert batch.count == chunk.count(b"\n")
    return batch.text()


def test_a_chunk_of_one_apps_requests_is_one_batch() -> None:
    [batch] = digest(OK * 1000)
    assert (batch.app, batch.count) == ("demo", 1000)
    assert batch.text() == LINE * 1000


def test_only_the_last_lines_are_written_where_no_more_are_wanted() -> None:
    [batch] = digest(OK * 3 + OK.replace(b"/a", b"/b") + OK.replace(b"/a", b"/c"))
    assert batch.text(2) == LINE.replace(b"/a", b"/b") + LINE.replace(b"/a", b"/c")
    assert batch.text(100) == batch.text()


def test_apps_that_alternate_keep_their_lines_apart_and_in_order() -> None:
    batches = digest(OK + OK.replace(b"demo http", b"shop http") + OK)
    assert [(batch.app, batch.text().count(b"\n")) for batch in batches] == [("demo", 1), ("shop", 1), ("demo", 1)]


def test_an_app_whose_name_begins_like_anothers_keeps_its_own_lines() -> None:
    batches = digest(OK + OK.replace(b"demo http", b"demo-http http") + OK)
    assert [batch.app for batch in batches] == ["demo", "demo-http", "demo"]


def test_a_request_refused_at_an_apps_own_port_is_the_apps() -> None:
    [batch] = digest(OK.replace(b"demo http -- - web.1", b"_port_demo http PR - <NOSRV>").replace(b" 200 ", b" 414 "))
    assert batch.app == "demo"
    assert b'at=error code=H26 desc="Request Error" ' in batch.text()
    assert b" dyno= connect= service= status=414 bytes= protocol=http" in batch.text()


def test_a_failure_among_good_requests_is_told_apart() -> None:
    failed = OK.replace(b" -- - web.1 0 3 200 13 ", b" sH - web.1 0 30001 504 13 ")
    assert lines(OK + failed + OK) == (
        LINE
        + (
            b'at=error code=H12 desc="Request timeout" method=GET path="/a" host=demo.localhost request_id=R'
            b' fwd="127.0.0.1" dyno=web.1 connect=0ms service=30001ms status=503 bytes=0 protocol=http\n'
        )
        + LINE
    )


@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"half a rec\n", id="not a record"),
        pytest.param(b"Server demo/web.1 is going DOWN\n", id="a message of HAProxy's own"),
        pytest.param(OK.replace(b"demo", b"_nowhere", 1), id="no app at this host"),
        pytest.param(b"\n\n", id="empty lines"),
        pytest.param(b"\xff\xfe http -- - nothing\n", id="bytes"),
    ],
)
def test_what_is_no_record_of_an_app_gives_no_line(chunk: bytes) -> None:
    assert digest(chunk) == []
    if chunk.endswith(b"\n"):
        assert [batch.text() for batch in digest(chunk + OK)] == [LINE]


def test_a_record_that_was_cut_gives_no_line() -> None:
    assert lines(OK + OK[:40] + b"\n" + OK) == LINE * 2


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"clients-own-id-0123456789", True),
        (b"x" * 200, True),
        (b"x" * 201, False),
        (b"short", False),
        (b"with#22quotes#22and#22length", False),
    ],
)
def test_a_clients_own_request_id_is_logged_where_it_is_kept(given: bytes, kept: bool) -> None:
    expected = LINE.replace(b"request_id=R", b"request_id=" + given) if kept else LINE
    assert lines(OK.replace(b"||}", b"|" + given + b"|}")) == expected


def test_the_addresses_that_a_client_brought_stand_before_its_own() -> None:
    given = OK.replace(b"||}", b"||9.9.9.9, #22x#22\\#23#7B]#0A#FF}")
    expected = LINE.replace(b'fwd="', b'fwd="9.9.9.9, \\"x\\"\\\\#{\\]#0A#FF, ')
    assert lines(OK + given + OK) == LINE + expected + LINE


def test_a_host_cannot_forge_a_field() -> None:
    [line] = lines(OK.replace(b"{demo", b"{a fwd=#22b")).splitlines()
    assert parse("demo", line.decode()).fwd == "127.0.0.1"


def test_a_request_over_tls_names_its_version() -> None:
    assert lines(OK.replace(b" http ", b" https,tls1.3 ")).endswith(b" protocol=https tls_version=tls1.3\n")


def test_a_path_that_is_not_utf8_stays_as_it_is() -> None:
    assert b'path="/\xff"' in lines(OK.replace(b"/a", b"/\xff"))


def test_the_second_server_of_a_dyno_is_the_dyno() -> None:
    assert lines(OK.replace(b" web.1 ", b" web.1Z2 ")) == LINE


def test_a_line_taken_apart() -> None:
    record = parse(
        "demo",
        r'at=info method=PUT path="/a\"b" host=h request_id=R fwd="1.2.3.4, 5.6.7.8" dyno=web.2'
        " connect=1ms service=20ms status=201 bytes=7 protocol=https tls_version=tls1.3",
    )
    assert record.path == '/a"b'
    assert (record.connect, record.service, record.status, record.size) == (1, 20, 201, 7)
    assert (record.fwd, record.dyno, record.tls, record.code) == ("1.2.3.4, 5.6.7.8", "web.2", "tls1.3", "")


def test_a_failure_without_a_dyno_taken_apart() -> None:
    record = parse(
        "demo",
        'at=error code=H14 desc="No web processes running" method=GET path="/" host=h request_id=R'
        ' fwd="1.2.3.4" dyno= connect= service= status=503 bytes= protocol=http',
    )
    assert (record.code, record.dyno, record.connect, record.service) == ("H14", "", None, None)
