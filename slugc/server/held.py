"""An answer that lasts as long as its client: what it stands for ends when the connection does."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from slugc.server.requests import STREAM


class HeldResponse(Response):
    """One line of JSON, then nothing until the client goes away or the platform does. `on_end` is called then, however
    the client ended: a process that is killed closes its connections, too."""

    def __init__(self, row: Mapping[str, Any], *, leaving: asyncio.Event, on_end: Callable[[], None]) -> None:
        super().__init__(media_type=STREAM)
        del self.headers["content-length"]
        self._line = json.dumps(row).encode() + b"\n"
        self._leaving, self._on_end = leaving, on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _ = scope
        try:
            await send({"type": "http.response.start", "status": 201, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self._line, "more_body": True})
            gone = asyncio.ensure_future(_gone(receive))
            leaving = asyncio.ensure_future(self._leaving.wait())
            await asyncio.wait((gone, leaving), return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            leaving.cancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._on_end()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
