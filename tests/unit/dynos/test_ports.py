"""Ports for dynos: which are handed out, and the kernel's table of sockets read as it is written."""

import socket

import pytest

from slugc.dynos import ports
from slugc.dynos.ports import Ports, listeners, listening
from slugc.errors.dyno import NoFreePort

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 00000000:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:1389 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 0 0 0
"""


def test_only_listening_sockets_of_the_ports_asked_for_count() -> None:
    assert listeners(TABLE.splitlines(), {5000, 5001, 3000, 9}) == {5000, 3000}


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("0.0.0.0", True),
        ("127.0.0.1", True),
        ("::", True),
        ("::ffff:127.0.0.1", True),
        ("::1", False),
        ("127.0.1.1", False),
    ],
)
def test_a_listener_counts_where_the_router_reaches_it(address: str, reached: bool) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as server:
        try:
            server.bind((address, 0))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        server.listen()
        port = server.getsockname()[1]
        assert (port in listening({port})) == reached


def test_no_port_is_given_twice_and_none_that_others_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: port != 105)
    pool = Ports(low=100, high=109)
    assert {pool.take() for _ in range(9)} == set(range(100, 110)) - {105}
    with pytest.raises(NoFreePort):
        pool.take()
    pool.give_back(107)
    assert pool.take() == 107
