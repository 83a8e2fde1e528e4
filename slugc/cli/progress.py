"""A progress bar on a terminal: one line, redrawn at most ten times a second, gone when it is done."""

import shutil
from typing import TextIO

from slugc.events import Progress
from slugc.host.clock import Clock
from slugc.render.units import amount

INTERVAL = 0.1
WIDTH = 30


class ProgressBar:
    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream, self._clock = stream, clock
        self._drawn_at = 0.0
        self._visible = False

    def show(self, event: Progress) -> None:
        if event.total and event.done >= event.total:
            self.clear()
            return
        now = self._clock.monotonic()
        if now - self._drawn_at < INTERVAL:
            return
        self._drawn_at = now
        columns = shutil.get_terminal_size().columns
        self._stream.write("\r" + bar_line(event)[: columns - 1] + "\x1b[K")
        self._stream.flush()
        self._visible = True

    def clear(self) -> None:
        if self._visible:
            self._stream.write("\r\x1b[K")
            self._visible = False


def bar_line(event: Progress) -> str:
    done = amount(event.done, event.unit)
    if not event.total:
        return f"       {event.what} {done}"
    filled = WIDTH * event.done // event.total
    return f"       {event.what} [{'#' * filled}{'.' * (WIDTH - filled)}] {done} of {amount(event.total, event.unit)}"
