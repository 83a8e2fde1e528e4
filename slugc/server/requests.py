"""What every route needs: bodies read, answers written, errors told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from slugc.errors.platform import BadRequest
from slugc.errors.root import SlugcError
from slugc.host.refusals import in_home
from slugc.hosting.app import HostedApp
from slugc.hosting.fleet import Fleet

Change = Callable[[Callable[[bytes], None]], Awaitable[Mapping[str, Any]]]
"""A change that may take long: gets a listener for output, gives the answer's object."""
STREAM = "application/x-ndjson"
_STATUS = {
    "ledger.no-such-app": 404,
    "ledger.no-such-release": 404,
    "dyno.not-found": 404,
    "logs.unknown-drain": 404,
    "ledger.app-name-taken": 409,
    "ledger.not-written": 503,
}


class Answer(JSONResponse):
    """In ASCII: names of files may be any bytes, which Python holds as what UTF-8 cannot spell. So they come back from
    JSON as they went in."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def fleet(request: Request) -> Fleet:
    found = request.app.state.fleet
    assert isinstance(found, Fleet)
    return found


def hosted(request: Request) -> HostedApp:
    """The app of the path. Raises NoSuchApp."""
    return fleet(request).app(request.path_params["app"])


class Body:
    """A JSON object that was sent, read field by field with its types."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    @classmethod
    async def of(cls, request: Request) -> "Body":
        """Raises BadRequest."""
        text = await request.body()
        try:
            values = json.loads(text) if text else {}
        except (ValueError, RecursionError) as error:
            raise BadRequest(reason=f"the body is not JSON ({error})") from error
        if not isinstance(values, dict):
            raise BadRequest(reason="the body is no JSON object")
        return cls(values)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if not _is_text(value):
            raise BadRequest(reason=f"{name} must be text, in UTF-8")
        return str(value)

    def maybe_text(self, name: str) -> str | None:
        return None if self.values.get(name) is None else self.text(name)

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        if not isinstance(value, bool):
            raise BadRequest(reason=f"{name} must be true or false")
        return value

    def number(self, name: str) -> int:
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadRequest(reason=f"{name} must be a whole number")
        return value

    def texts(self, name: str) -> list[str]:
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(_is_text(item) for item in value):
            raise BadRequest(reason=f"{name} must be a list of texts, in UTF-8")
        return value

    def mapping(self, name: str) -> dict[str, str]:
        value = self.values.get(name, {})
        if not isinstance(value, dict) or not all(_is_text(item) for item in (*value, *value.values())):
            raise BadRequest(reason=f"{name} must be an object of texts, in UTF-8")
        return value


def whole_number(text: str) -> int | None:
    """None for what is no number, or one that nothing here counts to."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _is_text(value: Any) -> bool:
    """A word of a command line that is not UTF-8 comes as lone surrogates, which no log and no listing can carry; a
    NUL byte can reach no process."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def error_row(error: SlugcError) -> dict[str, Any]:
    return {
        "id": error.code,
        "message": error.summary,
        "detail": error.detail,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }


async def refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SlugcError)
    return Answer(error_row(error), status_code=_STATUS.get(error.code, 422))


async def failed(request: Request, error: Exception) -> Response:
    """What nobody foresaw. It is raised once more behind this, into the platform's own log."""
    row = failure_row(request, error)
    return Answer(row, status_code=500 if row["id"] == SlugcError.code else 422)


def failure_row(request: Request, error: Exception) -> dict[str, Any]:
    # A full disk is no bug, and says what to do.
    known = in_home(error, fleet(request).world.home) if isinstance(error, OSError) else error
    if isinstance(known, SlugcError):
        return error_row(known)
    return {
        "id": SlugcError.code,
        "message": f"A bug in slugc: {type(error).__name__} at {request.method} {request.url.path}",
        "detail": str(error),
        "hint": "Please report it with the platform's log.",
        "exit_code": SlugcError.exit_code,
    }


async def answered(request: Request, change: Change) -> Response:
    """The change's answer; to a client that takes ndjson, lines of output before it.

    Lines are {"output": text}, then one {"result": object} or {"error": object}. A client that goes away does
    not stop the change: what the ledger has begun comes to its end.
    """
    if STREAM not in request.headers.get("accept", ""):
        return Answer(await asyncio.shield(asyncio.ensure_future(change(lambda _: None))))
    return StreamingResponse(_lines(request, change), media_type=STREAM)


async def _lines(request: Request, change: Change) -> AsyncIterator[bytes]:
    heard: asyncio.Queue[bytes | None] = asyncio.Queue()
    work = asyncio.ensure_future(change(heard.put_nowait))
    work.add_done_callback(lambda _: heard.put_nowait(None))
    while (data := await heard.get()) is not None:
        yield _line({"output": data.decode(errors="replace")})
    try:
        result = await work
    except Exception as error:
        yield _line({"error": failure_row(request, error)})
        if not isinstance(error, SlugcError):
            raise
    else:
        yield _line({"result": result})


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"
