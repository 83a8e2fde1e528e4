"""The routing table, verdicts and the configuration that comes of them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.model.dyno import DynoName
from slugc.model.route import AppPages, AppState
from slugc.router.admin import sessions
from slugc.router.binary import refusal
from slugc.router.configuration import Features, RuntimeFiles, configuration, hold_script, host_map
from slugc.router.failures import FAILURES, Wait, classify, verdict
from slugc.router.pages import framable, page, response
from slugc.router.settings import RouterSettings
from slugc.router.table import APP_NAME, Route, Server, dyno_of, let_go, swap

WEB_1, WEB_2 = DynoName("web", 1), DynoName("web", 2)
FILES = RuntimeFiles(Path("/run/x"))


def test_a_dyno_that_restarts_on_another_port_is_added_under_a_second_name() -> None:
    route, _ = swap(Route(app="demo"), {WEB_1: 5001})
    after, change = swap(route, {WEB_1: 5002})
    assert [server.name for server in change.add] == ["web.1Z2"]
    assert [server.name for server in change.drain] == ["web.1"]
    third, change = swap(after, {WEB_1: 5003})
    assert [server.name for server in change.add] == ["web.1Z3"]
    fourth, change = swap(let_go(third, frozenset({"web.1", "web.1Z2"})), {WEB_1: 5004})
    assert [server.name for server in change.add] == ["web.1"]
    assert {dyno_of(server.name) for server in (*fourth.servers, *fourth.draining)} == {"web.1"}


def test_dynos_that_stay_are_not_touched() -> None:
    route, _ = swap(Route(app="demo"), {WEB_1: 5001, WEB_2: 5002})
    _, change = swap(route, {WEB_1: 5001})
    assert change.add == ()
    assert [server.name for server in change.drain] == ["web.2"]


dynos = st.dictionaries(st.integers(1, 4).map(lambda n: DynoName("web", n)), st.integers(5000, 5004), max_size=4)


@given(st.lists(dynos, min_size=1, max_size=8))
def test_the_servers_are_always_the_wanted_dynos_and_no_name_is_used_twice(steps: list[dict[DynoName, int]]) -> None:
    route = Route(app="demo")
    for wanted in steps:
        route, _ = swap(route, wanted)
        assert {server.dyno: server.port for server in route.servers} == wanted
        names = [server.name for server in (*route.servers, *route.draining)]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("state", "code"),
    [(AppState.BLANK, "H81"), (AppState.DOWN, "H14"), (AppState.CRASHED, "H10")],
)
def test_a_state_that_fails_at_once(state: AppState, code: str) -> None:
    assert verdict(state=state, maintenance=False, dynos=0) is FAILURES[code]
    assert verdict(state=state, maintenance=False, dynos=1) is Wait.GO


@pytest.mark.parametrize("state", list(AppState))
def test_maintenance_comes_before_every_state(state: AppState) -> None:
    assert verdict(state=state, maintenance=True, dynos=3) is FAILURES["H80"]


def test_a_state_that_lets_requests_wait() -> None:
    assert verdict(state=AppState.STARTING, maintenance=False, dynos=0) is Wait.HOLD
    assert verdict(state=AppState.IDLE, maintenance=False, dynos=0) is Wait.WAKE


@pytest.mark.parametrize(
    ("state", "status", "dyno", "code"),
    [
        ("sH", 504, "web.1", "H12"),
        ("SH", 502, "web.1", "H13"),
        ("sD", 200, "web.1", "H15"),
        ("SD", 200, "web.1", "H18"),
        ("sC", 503, "web.1", "H19"),
        ("SC", 503, "web.1", "H21"),
        ("SC", 503, "", "H99"),
        ("CD", 200, "web.1", "H27"),
        ("cD", 200, "web.1", "H28"),
        ("RC", 503, "", "H99"),
        ("??", 500, "web.1", "H99"),
    ],
)
def test_what_a_termination_state_means(state: str, status: int, dyno: str, code: str) -> None:
    found = classify(state=state, code="-", status=status, dyno=dyno)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("state", ["--", "CD", "SD"])
def test_a_websocket_may_be_hung_up_by_either_side(state: str) -> None:
    assert classify(state=state, code="-", status=101, dyno="web.1") is None


def test_a_listener_for_all_apps_and_one_of_an_apps_own() -> None:
    server = Server(name="web.1", dyno=WEB_1, port=5001)
    routes = [Route(app="shop", servers=(server,)), Route(app="blog", port=5100, maintenance=True, servers=(server,))]
    text = configuration(
        routes, settings=RouterSettings(port=5000, uid=None), files=FILES, features=Features(), generation=7
    )
    assert "bind 127.0.0.1:5000" in text
    assert "bind 127.0.0.1:5100" in text
    assert "SLUGC_GENERATION 7" in text
    assert "    server web.1 127.0.0.1:5001\n" in text
    assert "    server web.1 127.0.0.1:5001 disabled\n" in text
    assert text.index("backend blog") < text.index("backend shop")
    assert "set-timeout" not in text
    assert not re.search(r"^\s*uid", text, re.MULTILINE)
    assert host_map(routes, RouterSettings(port=5000)) == (
        "blog.localhost blog\nblog.localhost. blog\nshop.localhost shop\nshop.localhost. shop\n"
    )
    assert "unix@/run/x/control.sock" in hold_script(FILES, seconds=75)


def test_the_same_table_in_another_order_is_the_same_configuration() -> None:
    one, two = Route(app="a"), Route(app="b")
    made = [
        configuration(routes, settings=RouterSettings(port=1), files=FILES, features=Features(), generation=1)
        for routes in ([one, two], [two, one])
    ]
    assert made[0] == made[1]


def test_a_newer_haproxy_gets_both_time_limits() -> None:
    text = configuration(
        [Route(app="a")],
        settings=RouterSettings(port=1),
        files=FILES,
        features=Features(response_timeout=True),
        generation=1,
    )
    assert "timeout server 30000ms" in text
    assert "http-response set-timeout server 55000ms" in text


@pytest.mark.parametrize("name", ["a\nb", "", "A", "-a", "a-", "a b", "_nowhere", "a.b", "a" * 64])
def test_names_that_could_break_the_configuration_are_no_apps(name: str) -> None:
    assert APP_NAME.fullmatch(name) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("HAProxy version 2.8.25-5 2026/06/26\nFeature list : +LUA", None),
        ("HAProxy version 2.6.12-1+deb12u1\nFeature list : +LUA", None),
        ("HAProxy version 2.4.0\n+LUA", "version 2.4 is older than 2.6"),
        ("HAProxy version 3.0.1\n-LUA", "it was built without Lua"),
        ("bash: command not found", "it does not say its version"),
    ],
)
def test_which_haproxy_will_do(text: str, reason: str | None) -> None:
    assert refusal(text) == reason


def test_pages_of_an_apps_own_cannot_break_out_of_the_frame() -> None:
    pages = AppPages(error='https://x.example/"><script>alert(1)</script>', maintenance="javascript:alert(1)")
    assert b"<script>" not in page("H12", pages)
    assert b"iframe" in page("H12", pages)
    assert b"iframe" not in page("H80", pages)
    assert framable("javascript:alert(1)") is not None
    assert b"iframe" not in page("H81", pages)


def test_a_page_as_a_whole_response_counts_its_bytes() -> None:
    made = response(503, "Service Unavailable", "é".encode())
    assert made.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"Content-Length: 2\r\n" in made


def test_sessions_are_summed_over_the_servers_of_one_name() -> None:
    csv = "# pxname,svname,qcur,qmax,scur\ndemo,web.1,0,0,2,9\ndemo,BACKEND,0,0,3,9\nother,BACKEND,0,0,1,4\n\n"
    assert sessions(csv) == {"web.1": 2, "BACKEND": 4}
