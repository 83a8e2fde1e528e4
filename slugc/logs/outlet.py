"""A log's way to a person or a pipe that may stand still: a thread waits for the reader, the event loop never does."""

import threading
from collections import deque
from collections.abc import Callable

HELD_BYTES = 4 << 20
"""What may wait for a reader; then the oldest is lost, for dynos are not slowed by whoever reads their log."""


class Outlet:
    """Calls `write_out` from one thread, in order. Where that fails, `on_failure` gets the error, from the thread too,
    and nothing more is written."""

    def __init__(
        self,
        write_out: Callable[[bytes], None],
        *,
        on_failure: Callable[[Exception], None],
        notice: Callable[[int], bytes],
    ) -> None:
        """notice: the line that stands for so many lost ones."""
        self._write_out, self._on_failure, self._notice = write_out, on_failure, notice
        self._pending: deque[bytes | Callable[[], None]] = deque()
        self._size = self._lost = 0
        self._closed = False
        self._change = threading.Condition()
        # A daemon: a reader that never moves again must not keep the process.
        self._thread = threading.Thread(target=self._run, name="outlet", daemon=True)
        self._thread.start()

    def put(self, data: bytes) -> None:
        """Whole lines."""
        with self._change:
            self._pending.append(data)
            self._size += len(data)
            while self._size > HELD_BYTES:
                self._lose(self._pending.popleft())
            self._change.notify()

    def call(self, action: Callable[[], None]) -> None:
        """Something else to do with the same output, in its turn."""
        with self._change:
            self._pending.append(action)
            self._change.notify()

    def close(self, *, seconds: float) -> None:
        """Write what waits; a reader that does not take it within `seconds` goes without."""
        with self._change:
            self._closed = True
            self._change.notify()
        self._thread.join(seconds)

    def _lose(self, item: bytes | Callable[[], None]) -> None:
        if callable(item):
            self._pending.append(item)
            return
        self._size -= len(item)
        self._lost += item.count(b"\n")

    def _run(self) -> None:
        try:
            while (item := self._next()) is not None:
                if callable(item):
                    item()
                else:
                    self._write_out(item)
        except Exception as error:  # noqa: BLE001 - whatever it is, the event loop's side has to hear of it
            self._on_failure(error)

    def _next(self) -> bytes | Callable[[], None] | None:
        with self._change:
            while not self._pending and not self._closed:
                self._change.wait()
            if self._lost:
                lost, self._lost = self._lost, 0
                return self._notice(lost)
            if not self._pending:
                return None
            item = self._pending.popleft()
            if not callable(item):
                self._size -= len(item)
            return item
