"""The platform's interface as one application: all routes, on one page."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from slugc.errors.root import SlugcError
from slugc.hosting.fleet import Fleet
from slugc.server import addon_routes, app_routes, dyno_routes, log_routes
from slugc.server.requests import Answer, failed, refused


def application(fleet: Fleet, *, facts: Mapping[str, Any], stop: asyncio.Event) -> Starlette:
    """facts: what `platform status` shows of the process. stop: set when a client asks the platform to end."""

    async def status(_request: Request) -> Response:
        apps = sorted(app.name for app in fleet)
        return Answer({**facts, "apps": apps, "notes": fleet.notes})

    async def ask_to_stop(_request: Request) -> Response:
        asyncio.get_running_loop().call_later(0.05, stop.set)
        return Answer({"pid": facts.get("pid")}, status_code=202)

    made = Starlette(
        routes=[
            Route("/platform", status, methods=["GET"]),
            Route("/platform/actions/stop", ask_to_stop, methods=["POST"]),
            *app_routes.ROUTES,
            *dyno_routes.ROUTES,
            *addon_routes.ROUTES,
            *log_routes.ROUTES,
        ],
        exception_handlers={SlugcError: refused, HTTPException: _http_error, Exception: failed},
    )
    made.state.fleet = fleet
    return made


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    hint = "docs/reference/platform-api.md lists the routes and their bodies."
    row = {"id": "usage.route", "message": f"No such route: {error.detail}", "hint": hint, "exit_code": 2}
    return Answer(row, status_code=error.status_code)
