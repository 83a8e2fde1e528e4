"""Ports for dynos: which are free, and which of them somebody listens on."""

import contextlib
import random
import socket
import struct
from collections.abc import Collection, Iterable
from pathlib import Path

from slugc.errors.dyno import NoFreePort

LOW, HIGH = 20_000, 31_999
"""Below the kernel's range for outgoing connections, which would take one between our choice and the bind."""
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTEN = "0A"


def _in_table(family: int, address: str) -> str:
    """An address as those tables spell it: in words of the machine's own order of bytes."""
    packed = socket.inet_pton(family, address)
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(packed) // 4}I", packed))


_REACHED = frozenset(
    {_in_table(socket.AF_INET, address) for address in ("0.0.0.0", "127.0.0.1")}  # noqa: S104 - looked for, not bound
    | {_in_table(socket.AF_INET6, address) for address in ("::", "::ffff:0.0.0.0", "::ffff:127.0.0.1")}
)
"""Where a listener hears the router, which speaks to 127.0.0.1. One at ::1 alone never would."""


class Ports:
    """Hands out ports that are free now, at random: two slugc processes seldom ask for the same."""

    def __init__(self, *, low: int = LOW, high: int = HIGH, rng: random.Random | None = None) -> None:
        self._low, self._high = low, high
        self._rng = rng or random.Random()  # noqa: S311 - spreading, not secrecy
        self._taken: set[int] = set()

    def take(self) -> int:
        """A port nobody has. Raises NoFreePort."""
        count = self._high + 1 - self._low
        first = self._rng.randrange(count)
        for step in range(count):
            port = self._low + (first + step) % count
            if port not in self._taken and is_free(port):
                self._taken.add(port)
                return port
        raise NoFreePort(low=self._low, high=self._high)

    def give_back(self, port: int) -> None:
        self._taken.discard(port)


def is_free(port: int, host: str = "") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return True
    return False


def listening(ports: Collection[int]) -> set[int]:
    """Which of the ports have a listener. Read from the kernel: a connection would be a request to the app."""
    if not ports:
        return set()
    found: set[int] = set()
    for table in _TABLES:
        with contextlib.suppress(OSError):
            found |= listeners(table.read_text(encoding="ascii").splitlines(), ports)
    return found


def listeners(lines: Iterable[str], ports: Collection[int]) -> set[int]:
    """Which of `ports` the router would reach by a table of the form of /proc/net/tcp."""
    found: set[int] = set()
    for line in lines:
        words = line.split(maxsplit=4)
        if len(words) > 3 and words[3] == _LISTEN:
            address, _, number = words[1].rpartition(":")
            port = int(number, 16)
            if port in ports and address in _REACHED:
                found.add(port)
    return found
