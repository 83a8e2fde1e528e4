"""What the router is told of an app's web dynos, and whether it has heard it."""

import asyncio
from collections.abc import Callable, Iterable

from slugc.dynos.slots import Slot
from slugc.dynos.state import app_state
from slugc.dynos.world import PLATFORM, Sink, Traffic
from slugc.errors.root import SlugcError
from slugc.model.dyno import DynoName


class Routing:
    """Tells without being waited for; `heard` is for those who must not go on before."""

    def __init__(
        self,
        app: str,
        traffic: Traffic,
        *,
        sink: Sink,
        web: Callable[[], Iterable[Slot]],
        on_heard: Callable[[], None],
    ) -> None:
        """web: the slots of web dynos as they are; on_heard: called each time the router knows of a change."""
        self._app, self._traffic, self._sink, self._web, self._on_heard = app, traffic, sink, web, on_heard
        self._telling: set[asyncio.Task[None]] = set()

    def publish(self) -> None:
        """Something about the web dynos is different now."""
        telling = asyncio.get_running_loop().create_task(self._tell())
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def heard(self, *, patience: float | None = None) -> None:
        """Returns when all that was said so far is done, dynos that left included: their requests are answered.

        Every call that is under way counts: a later one does not wait for what an earlier one drains."""
        if self._telling:
            await asyncio.wait(tuple(self._telling), timeout=patience)

    async def _tell(self) -> None:
        try:
            await self._traffic.set_state(self._app, app_state(slot.dyno for slot in self._web()))
            # Looked up after the wait: whichever of several calls comes last carries the latest set.
            await self._traffic.set_dynos(self._app, _serving(self._web()))
        except SlugcError as error:
            self._sink.event(PLATFORM, "router", f"Error R99 (Platform error) -> {error.summary}")
        self._on_heard()


def _serving(web: Iterable[Slot]) -> dict[DynoName, int]:
    """The ports of the processes that should get requests."""
    found = {slot.dyno.name: slot.runs.get(slot.dyno.serving) for slot in web if slot.dyno.serving}
    return {name: running.port for name, running in found.items() if running is not None and running.port}
