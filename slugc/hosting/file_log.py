"""An app's log in one file: every line with time, source and dyno."""

import os
from pathlib import Path

from slugc.host.clock import Clock
from slugc.logs.console import ConsoleLog


class FileLog(ConsoleLog):
    """Appends to `path` (0600)."""

    def __init__(self, path: Path, *, clock: Clock) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        super().__init__(self._append, clock=clock)

    def _append(self, data: bytes) -> None:
        os.write(self._file, data)

    async def close(self) -> None:
        os.close(self._file)
