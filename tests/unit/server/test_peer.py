"""Who speaks on the platform's socket."""

import os
import socket
import struct

from slugc.server.listening import peer_uid


class FarAway:
    """A connection of a user whose number is beyond a signed one; no such user can be made here."""

    def getsockopt(self, _level: int, _option: int, size: int) -> bytes:
        assert size == 12
        return struct.pack("=iII", 4711, 3_000_000_000, 3_000_000_000)


def test_a_user_with_a_very_large_number_is_himself() -> None:
    assert peer_uid(FarAway()) == 3_000_000_000


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peer_uid(ours) == os.geteuid()
