"""Routes of logs and log drains."""

import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from slugc.errors.platform import BadRequest
from slugc.logs.chunks import Chunk, shown
from slugc.logs.drain import Drain
from slugc.logs.hub import DEFAULT_LINES, LogHub
from slugc.model.log import LogFilter
from slugc.server.requests import STREAM, Answer, Body, hosted, whole_number


async def read(request: Request) -> Response:
    """Lines as they stand in the log, or with `format=json` one object a line. `tail=1` goes on until the client or
    the platform leaves."""
    asked = request.query_params
    lines = whole_number(asked.get("lines", str(DEFAULT_LINES)))
    if lines is None:
        raise BadRequest(reason="lines must be a number")
    wanted = LogFilter(source=asked.get("source"), dyno=asked.get("dyno"))
    as_json = asked.get("format") == "json"
    stream = _read(hosted(request).hub, wanted, lines=lines, follow=asked.get("tail") == "1", as_json=as_json)
    return StreamingResponse(stream, media_type=STREAM if as_json else "text/plain; charset=utf-8")


async def _read(hub: LogHub, wanted: LogFilter, *, lines: int, follow: bool, as_json: bool) -> AsyncIterator[bytes]:
    async for chunk in hub.tail(wanted, lines=lines, follow=follow):
        yield _objects(chunk) if as_json else shown(chunk.text).encode()


def _objects(chunk: Chunk) -> bytes:
    rows = (
        {"at": line.at.isoformat(timespec="microseconds"), "source": line.source, "dyno": line.dyno, "text": line.text}
        for line in chunk.lines()
    )
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def _row(drain: Drain) -> dict[str, str]:
    return {"url": drain.url, "token": drain.token}


async def list_drains(request: Request) -> Response:
    return Answer([_row(drain) for drain in hosted(request).hub.drains])


async def add_drain(request: Request) -> Response:
    body = await Body.of(request)
    return Answer(_row(hosted(request).hub.add_drain(body.text("url"))), status_code=201)


async def remove_drain(request: Request) -> Response:
    """Named by URL or token in the body: a URL in a path would be decoded by half of the clients."""
    body = await Body.of(request)
    return Answer(_row(await hosted(request).hub.remove_drain(body.text("drain"))))


ROUTES = [
    Route("/apps/{app}/logs", read, methods=["GET"]),
    Route("/apps/{app}/log-drains", list_drains, methods=["GET"]),
    Route("/apps/{app}/log-drains", add_drain, methods=["POST"]),
    Route("/apps/{app}/log-drains", remove_drain, methods=["DELETE"]),
]
