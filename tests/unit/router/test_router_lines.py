"""HAProxy's records to Heroku's lines."""

import pytest

from slugc.router.lines import digest, parse

OK = (
    b'demo -- - - - at=info method=GET path="/a" host=demo.localhost request_id=R fwd="127.0.0.1" dyno=web.1'
    b" connect=0ms service=3ms status=200 bytes=13 protocol=http\n"
)
LINE = (
    b'at=info method=GET path="/a" host=demo.localhost request_id=R fwd="127.0.0.1" dyno=web.1'
    b" connect=0ms service=3ms status=200 bytes=13 protocol=http\n"
)


def test_a_chunk_of_one_apps_good_requests_is_one_batch() -> None:
    [batch] = digest(OK * 1000)
    assert batch.app == "demo"
    assert batch.lines == LINE * 1000


def test_apps_that_alternate_keep_their_lines_apart_and_in_order() -> None:
    batches = digest(OK + OK.replace(b"demo -- ", b"shop -- ") + OK)
    assert [(batch.app, batch.lines.count(b"\n")) for batch in batches] == [("demo", 1), ("shop", 1), ("demo", 1)]


def test_a_failure_among_good_requests_is_told_apart() -> None:
    failed = OK.replace(b"demo -- -", b"demo sH -").replace(b"service=3ms status=200", b"service=30001ms status=504")
    [batch] = digest(OK + failed + OK)
    assert (
        batch.lines
        == LINE
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
        pytest.param(b"\xff\xfe -- - at=nothing\n", id="bytes"),
    ],
)
def test_what_is_no_record_of_an_app_gives_no_line(chunk: bytes) -> None:
    assert digest(chunk) == []
    if chunk.endswith(b"\n"):
        assert [batch.lines for batch in digest(chunk + OK)] == [LINE]


def test_a_clients_own_request_id_takes_the_place_of_the_made_one() -> None:
    given = OK.replace(b" - - - at=", b" - clients-own-id-0123456789 - at=").replace(
        b"request_id=R", b"request_id=0b0c7a9e-3f52-4b5e-9d55-0e9a3f1f6f9e"
    )
    assert digest(given)[0].lines == LINE.replace(b"request_id=R", b"request_id=clients-own-id-0123456789")


def test_the_addresses_that_a_client_brought_stand_before_its_own() -> None:
    given = OK.replace(b" - at=", b" " + b'9.9.9.9, "x"\n\xff, '.hex().upper().encode() + b" at=")
    expected = LINE.replace(b'fwd="', b'fwd="9.9.9.9, \\"x\\"#0A#FF, ')
    assert digest(OK + given + OK)[0].lines == LINE + expected + LINE


def test_a_host_that_looks_like_the_field_of_the_addresses_is_left_alone() -> None:
    given = OK.replace(b" - at=", b" 392E392C20 at=").replace(b"host=demo", b'host=a fwd="b')
    assert b'host=a fwd="b.localhost' in digest(given)[0].lines
    assert b' fwd="9.9, 127.0.0.1" dyno=' in digest(given)[0].lines


def test_the_second_server_of_a_dyno_is_the_dyno() -> None:
    assert digest(OK.replace(b"dyno=web.1 ", b"dyno=web.1Z2 "))[0].lines == LINE


def test_a_path_with_the_marks_of_a_second_server_is_left_alone() -> None:
    given = OK.replace(b'"/a"', b'"/aZ2/web.1Z2"')
    assert b'path="/aZ2/web.1Z2"' in digest(given)[0].lines


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
