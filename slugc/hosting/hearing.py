"""An app's log with an ear in it: who waits for one dyno's output hears it as it comes."""

import contextlib
from collections.abc import Callable, Iterator

from slugc.dynos.world import Sink

Hear = Callable[[bytes], None]


class HeardLog:
    """Passes everything on to the log, and the output of chosen dynos to their listeners too."""

    def __init__(self, log: Sink) -> None:
        self._log = log
        self._ears: dict[str, Hear] = {}

    def write(self, source: str, dyno: str, data: bytes) -> None:
        self._log.write(source, dyno, data)
        if self._ears:
            ear = self._ears.get(dyno)
            if ear is not None:
                ear(data)

    def event(self, source: str, dyno: str, text: str) -> None:
        self._log.event(source, dyno, text)

    def api(self, text: str) -> None:
        """A line of the platform about the app: `app[api]: Release v4 created by user U`."""
        self._log.event("app", "api", text)

    @contextlib.contextmanager
    def heard(self, dyno: str, hear: Hear | None) -> Iterator[None]:
        if hear is None:
            yield
            return
        self._ears[dyno] = hear
        try:
            yield
        finally:
            del self._ears[dyno]
