"""An app's log drains: the list that outlives the platform, and a task for each."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable
from pathlib import Path

from slugc.errors.router import InvalidDrain, TooManyDrains, UnknownDrain
from slugc.host.files import write_atomic
from slugc.logs.chunks import Chunk
from slugc.logs.delivery import deliver
from slugc.logs.drain import Drain, DrainSettings, refusal
from slugc.logs.queue import Backlog


class DrainBoard:
    """An app's drains and their tasks. The list is kept in a file of mode 0600: URLs carry passwords."""

    def __init__(self, path: Path, *, settings: DrainSettings, now: Callable[[], bytes]) -> None:
        self._path, self._settings, self._now = path, settings, now
        self._backlogs: dict[Drain, Backlog] = {}
        self._tasks: dict[Drain, asyncio.Task[None]] = {}
        if path.exists():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                for row in json.loads(path.read_text(encoding="utf-8")):
                    self._begin(Drain(url=row["url"], token=row["token"]))

    @property
    def listed(self) -> tuple[Drain, ...]:
        return tuple(self._backlogs)

    def put(self, chunk: Chunk) -> None:
        for backlog in self._backlogs.values():
            backlog.put(chunk)

    def add(self, url: str) -> Drain:
        if reason := refusal(url):
            raise InvalidDrain(url=url, reason=reason)
        known = next((drain for drain in self._backlogs if drain.url == url), None)
        if known is not None:
            return known
        if len(self._backlogs) >= self._settings.most:
            raise TooManyDrains(limit=self._settings.most)
        drain = Drain(url=url, token=f"d.{uuid.uuid4()}")
        # First on disk: a drain that a full one refused must not work until the next start and then be gone.
        self._save([*self._backlogs, drain])
        self._begin(drain)
        return drain

    async def remove(self, given: str) -> Drain:
        drain = next((d for d in self._backlogs if given in {d.url, d.token}), None)
        if drain is None:
            raise UnknownDrain(given=given, known=[d.url for d in self._backlogs])
        self._save([kept for kept in self._backlogs if kept != drain])
        del self._backlogs[drain]
        await self._end(self._tasks.pop(drain))
        return drain

    async def close(self) -> None:
        for backlog in self._backlogs.values():
            backlog.close()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=self._settings.flush_seconds)
        for task in self._tasks.values():
            await self._end(task)

    def _begin(self, drain: Drain) -> None:
        backlog = Backlog(lines=self._settings.lines, size=self._settings.size)
        self._backlogs[drain] = backlog
        self._tasks[drain] = asyncio.get_running_loop().create_task(
            deliver(drain, backlog, settings=self._settings, now=self._now)
        )

    def _save(self, drains: list[Drain]) -> None:
        rows = [{"url": drain.url, "token": drain.token} for drain in drains]
        write_atomic(self._path, json.dumps(rows, indent=2).encode() + b"\n", mode=0o600)

    async def _end(self, task: "asyncio.Task[None]") -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
