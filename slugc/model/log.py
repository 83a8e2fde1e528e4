"""Log lines as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of an app's stream: `AT SOURCE[DYNO]: TEXT`."""

    at: datetime
    source: str
    """`app` for what dynos print, `heroku` for the router, dyno states and other platform events."""
    dyno: str
    """`web.1`, `router`, `api`."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which lines a reader wants. Empty: all of them."""

    source: str | None = None
    dyno: str | None = None
    """A dyno's name (`web.1`), or a process type (`web`) for all of its dynos."""

    def accepts(self, source: str, dyno: str) -> bool:
        if self.source is not None and source != self.source:
            return False
        return self.dyno is None or dyno == self.dyno or dyno.startswith(f"{self.dyno}.")


class LateLines(Protocol):
    """Whole lines of a log that are written out only where somebody reads them."""

    @property
    def count(self) -> int:
        """There are not more."""
        ...

    def text(self, last: int | None = None) -> bytes:
        """All of them or the last ones, each ended by a line feed. May be empty."""
        ...
