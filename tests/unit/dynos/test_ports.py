"""The kernel's table of sockets, read as it is written."""

from slugc.dynos.ports import listeners

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 00000000:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 0100007F:1389 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 0 0 0
"""


def test_only_listening_sockets_of_the_ports_asked_for_count() -> None:
    assert listeners(TABLE.splitlines(), {5000, 5001, 3000, 9}) == {5000, 3000}
