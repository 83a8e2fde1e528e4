"""Routes of add-ons and attachments."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from slugc.hosting import attachments, views
from slugc.hosting.fleet import Fleet
from slugc.model.app import AddOn
from slugc.model.release import Release
from slugc.server.requests import Answer, Body, fleet, hosted


def _row(all_apps: Fleet, addon: AddOn) -> views.Row:
    world = all_apps.world
    served = addon.service != attachments.URL
    found = {
        app.name: [views.attachment_row(a) for a in attachments.attachments_of(world, app.name, addon.name)]
        for app in all_apps
    }
    return views.addon_row(
        addon,
        state=world.servers.state(addon.name) if served else "elsewhere",
        attachments=found,
        folder=str(world.servers.data_folder(addon.name)) if served else None,
    )


def _with_release(row: views.Row, release: Release) -> views.Row:
    return {**row, "release": release.version}


async def list_all(request: Request) -> Response:
    return Answer([_row(fleet(request), addon) for addon in fleet(request).world.ledger.addons()])


async def list_of_app(request: Request) -> Response:
    app = hosted(request)
    rows = [_row(fleet(request), addon) for addon in app.world.ledger.addons()]
    mine = [row for row in rows if row["app"] == app.name or any(a["app"] == app.name for a in row["attachments"])]
    return Answer(mine)


async def create(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    addon, release = await attachments.create(app, body.text("service"), attachment=body.maybe_text("as"))
    return Answer(_with_release(_row(fleet(request), addon), release), status_code=201)


async def show(request: Request) -> Response:
    app = hosted(request)
    addon = attachments.find(app.world, request.path_params["addon"], app=app.name)
    return Answer(_row(fleet(request), addon))


async def destroy(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    all_apps = fleet(request)
    given = request.path_params["addon"]
    row = _row(all_apps, attachments.find(app.world, given, app=app.name))
    await attachments.destroy(app.world, tuple(all_apps), given, app=app.name, confirm=body.maybe_text("confirm"))
    return Answer({**row, "state": "destroyed", "release": app.world.ledger.current(app.name).release.version})


async def attach(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    release = await attachments.attach(app, body.text("addon"), attachment=body.maybe_text("as"))
    return Answer(_with_release(views.attachment_row(release.addons[-1]), release), status_code=201)


async def detach(request: Request) -> Response:
    release = await attachments.detach(hosted(request), request.path_params["attachment"])
    return Answer({"release": release.version, "description": release.description})


ROUTES = [
    Route("/addons", list_all, methods=["GET"]),
    Route("/apps/{app}/addons", list_of_app, methods=["GET"]),
    Route("/apps/{app}/addons", create, methods=["POST"]),
    Route("/apps/{app}/addons/{addon}", show, methods=["GET"]),
    Route("/apps/{app}/addons/{addon}", destroy, methods=["DELETE"]),
    Route("/apps/{app}/addon-attachments", attach, methods=["POST"]),
    Route("/apps/{app}/addon-attachments/{attachment}", detach, methods=["DELETE"]),
]
