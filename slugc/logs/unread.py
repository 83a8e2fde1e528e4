"""Lines that nobody has read yet, and that need not be written out before somebody does."""

from collections import deque
from dataclasses import dataclass

from slugc.model.log import LateLines


@dataclass(frozen=True, slots=True)
class Late:
    """Lines of one source that came at one time."""

    at: bytes
    source: str
    dyno: str
    lines: LateLines


class Unread:
    """In order, and no more than `most` lines and what came with the oldest of them: the others are forgotten."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._late: deque[Late] = deque()
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._late)

    def put(self, late: Late) -> None:
        self._late.append(late)
        self._count += late.lines.count
        while self._count - self._late[0].lines.count >= self._most:
            self._count -= self._late.popleft().lines.count

    def take(self) -> list[Late]:
        taken = list(self._late)
        self._late.clear()
        self._count = 0
        return taken
