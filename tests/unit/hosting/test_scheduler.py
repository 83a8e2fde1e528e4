"""The clock of scheduled jobs."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from slugc.errors.ledger import LedgerUnreadable
from slugc.hosting import jobs
from slugc.model.app import Job


def test_a_ledger_that_cannot_be_read_for_a_moment_does_not_end_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LONGEST_SLEEP", 0.01)
    job = Job(id=1, app="shop", when="every minute", command="date", size="", created_at="")
    at = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
    started: list[str] = []
    begun = asyncio.Event()
    looks = 0

    def listed() -> tuple[Job, ...]:
        nonlocal looks, at
        looks += 1
        if looks == 3:
            at += timedelta(seconds=45)
            raise LedgerUnreadable(path="ledger", reason="disk I/O error")
        return (job,)

    async def run_detached(words: list[str], **_: object) -> SimpleNamespace:
        started.extend(words)
        begun.set()
        return SimpleNamespace(name="scheduler.1")

    app = SimpleNamespace(run_detached=run_detached, log=SimpleNamespace(api=lambda _: None))

    async def scene() -> None:
        task = asyncio.create_task(jobs.Scheduler(lambda _: app, listed).run(lambda: at))  # type: ignore[arg-type,return-value]
        await begun.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(scene(), 60))
    assert started == ["date"]
