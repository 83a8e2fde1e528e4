"""Scheduled jobs: one-off dynos that start by the clock."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime

from slugc.errors.platform import BadSchedule, NoSuchJob
from slugc.errors.root import SlugcError
from slugc.formats import schedule
from slugc.hosting.app import HostedApp
from slugc.model.app import Job
from slugc.model.dyno import DEFAULT_SIZE, SIZES

LONGEST_SLEEP = 30.0
"""Seconds: a clock that is set, or a machine that sleeps, is noticed after so long."""
KIND = "scheduler"


async def add(app: HostedApp, *, when: str, command: str, size: str) -> int:
    """Raises BadSchedule."""
    try:
        schedule.parse(when)
    except schedule.ScheduleProblem as problem:
        raise BadSchedule(given=when, reason=problem.reason) from problem
    world = app.world
    return await asyncio.to_thread(
        world.ledger.add_job, app.name, when=when, command=command, size=size, user=world.user
    )


async def remove(app: HostedApp, number: int) -> None:
    """Raises NoSuchJob."""
    if number not in {job.id for job in app.world.ledger.jobs() if job.app == app.name}:
        raise NoSuchJob(number=number, app=app.name)
    await asyncio.to_thread(app.world.ledger.end_job, number, user=app.world.user)


def next_run(job: Job, after: datetime) -> datetime | None:
    return schedule.parse(job.when).next_after(after)


class Scheduler:
    """Starts jobs when their time comes. A time that passed while the platform was away is not made up for."""

    def __init__(self, find: Callable[[str], HostedApp | None], jobs: Callable[[], tuple[Job, ...]]) -> None:
        self._find, self._jobs = find, jobs
        self._starting: dict[int, asyncio.Task[None]] = {}

    async def run(self, now: Callable[[], datetime]) -> None:
        """Until it is cancelled."""
        looked = now()
        try:
            while True:
                wait = LONGEST_SLEEP
                # A ledger that cannot be read just now is asked again; what is due by then starts late.
                with contextlib.suppress(SlugcError, OSError):
                    jobs, until = self._jobs(), now()
                    for job in jobs:
                        due = next_run(job, looked)
                        if due is not None and due <= until:
                            self._begin(job)
                    looked = until
                    upcoming = [due for job in jobs if (due := next_run(job, until)) is not None]
                    wait = min(((due - now()).total_seconds() for due in upcoming), default=LONGEST_SLEEP)
                await asyncio.sleep(min(max(wait, 0.05), LONGEST_SLEEP))
        finally:
            for starting in self._starting.values():
                starting.cancel()

    def _begin(self, job: Job) -> None:
        """Not waited for: an app whose release command runs would hold up the jobs of all others. A job that is still
        waiting for its own app is not started twice."""
        if job.id in self._starting:
            return
        self._starting[job.id] = task = asyncio.create_task(self._start(job))
        task.add_done_callback(lambda _: self._starting.pop(job.id, None))

    async def _start(self, job: Job) -> None:
        app = self._find(job.app)
        if app is None:
            return
        try:
            size = SIZES.get(job.size, DEFAULT_SIZE)
            dyno = await app.run_detached([job.command], kind=KIND, size=size)
        except (SlugcError, OSError) as error:
            app.log.api(f"Scheduled job {job.id} could not start: {error}")
        else:
            app.log.api(f"Starting scheduled job {job.id} ({job.when}) as {dyno.name}")
