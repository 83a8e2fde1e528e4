"""When a lone web dyno is put to sleep."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from slugc.dynos import signals as s
from slugc.dynos import watches
from slugc.model.dyno import DynoState


@dataclass
class SetClocks:
    wall: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    seconds: float = 100.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Quiet:
    """An app whose router had no request."""

    clock: SetClocks = field(default_factory=SetClocks)
    fed: list[object] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    app: str = "shop"

    def __post_init__(self) -> None:
        self.settings = SimpleNamespace(idle=0.02)
        self.traffic = self
        self.slot = SimpleNamespace(dyno=SimpleNamespace(run=1, state=DynoState.UP), since=self.clock.wall)

    def web(self) -> list[Any]:
        return [self.slot]

    def feed(self, _slot: object, signal: object) -> None:
        self.fed.append(signal)
        self.heard.set()

    def last_request_at(self, _app: str) -> float | None:
        return None

    async def in_flight(self, _app: str) -> int:
        return 0


def test_a_clock_that_is_set_puts_nobody_to_sleep_and_keeps_nobody_awake() -> None:
    async def scene() -> None:
        crew = Quiet()
        watch = asyncio.create_task(watches.sleep(crew))  # type: ignore[arg-type]
        crew.clock.wall += timedelta(days=2)
        await asyncio.sleep(0.1)
        assert crew.fed == []
        crew.clock.wall -= timedelta(days=9)
        crew.clock.seconds += 1.0
        await crew.heard.wait()
        assert isinstance(crew.fed[0], s.Sleep)
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch

    asyncio.run(asyncio.wait_for(scene(), 60))
