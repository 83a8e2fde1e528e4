"""Jobs that start by the clock, on a clock that a test sets."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from slugc.errors.ledger import LedgerUnreadable
from slugc.hosting import jobs
from slugc.hosting.app import HostedApp
from slugc.hosting.jobs import Scheduler
from slugc.model.app import Job


@dataclass
class App:
    """As much of a hosted app as the scheduler asks for."""

    free: asyncio.Event = field(default_factory=asyncio.Event)
    started: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def log(self) -> Any:
        return SimpleNamespace(api=self.said.append)

    async def run_detached(self, words: Sequence[str], **_: object) -> Any:
        await self.free.wait()
        self.started.extend(words)
        return SimpleNamespace(name="scheduler.1234")


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 10, 9, 59, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


def job(number: int, app: str) -> Job:
    return Job(id=number, app=app, when="every 10 minutes", command=f"job {number}", size="standard-1x", created_at="")


async def until(condition: Any) -> None:
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def test_an_app_that_is_busy_holds_up_no_other_apps_jobs(monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "LONGEST_SLEEP", 0.01)

    async def scene() -> None:
        clock, apps = Clock(), {"busy": App(), "other": App()}
        apps["other"].free.set()
        scheduler = Scheduler(
            lambda name: cast("HostedApp | None", apps.get(name)), lambda: (job(1, "busy"), job(2, "other"))
        )
        running = asyncio.create_task(scheduler.run(clock.now))
        for done in (1, 2):
            await asyncio.sleep(0)
            clock.at += timedelta(minutes=10)
            await until(lambda done=done: apps["other"].started == ["job 2"] * done)
        # Two of its moments have passed, and one dyno is enough.
        apps["busy"].free.set()
        await until(lambda: apps["busy"].started)
        await asyncio.sleep(0.05)
        assert apps["busy"].started == ["job 1"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scene())


def test_a_ledger_that_cannot_be_read_for_a_moment_costs_no_job(monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "LONGEST_SLEEP", 0.01)
    broken = [True]

    def found() -> tuple[Job, ...]:
        if broken:
            broken.pop()
            raise LedgerUnreadable(path="ledger.sqlite3", reason="disk I/O error")
        return (job(1, "app"),)

    async def scene() -> None:
        clock, app = Clock(), App()
        app.free.set()
        running = asyncio.create_task(Scheduler(lambda _: cast("HostedApp", app), found).run(clock.now))
        await asyncio.sleep(0)
        clock.at += timedelta(minutes=1)
        await until(lambda: app.started == ["job 1"])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(scene())
