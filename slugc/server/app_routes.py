"""Routes of apps, config vars, releases, features and maintenance."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from slugc.errors.ledger import NoSuchRelease
from slugc.errors.platform import BadRequest
from slugc.hosting import views
from slugc.hosting.app import HostedApp
from slugc.model.names import spelled
from slugc.model.release import Release, ReleaseStatus
from slugc.server.requests import Answer, Body, answered, fleet, hosted, whole_number

Hear = Callable[[bytes], None]


def _row(app: HostedApp) -> views.Row:
    return views.app_row(
        app.facts(),
        url=app.world.router.url(app.name),
        current=app.world.ledger.current(app.name),
        dynos=len(app.supervisor.snapshot()),
    )


def _release(app: HostedApp, release: Release | None) -> dict[str, Any]:
    """The answer to a change: the release it made, or the current one where it made none."""
    version = release.version if release else app.world.ledger.current(app.name).release.version
    return {**views.release_row(app.world.ledger.release(app.name, version)), "changed": release is not None}


async def list_apps(request: Request) -> Response:
    return Answer(sorted((_row(app) for app in fleet(request)), key=lambda row: str(row["name"])))


async def create_app(request: Request) -> Response:
    body = await Body.of(request)
    facts = await fleet(request).create_app(body.text("name"), folder=body.maybe_text("folder"))
    return Answer(_row(fleet(request).app(facts.name)), status_code=201)


async def show_app(request: Request) -> Response:
    return Answer(_row(hosted(request)))


async def change_app(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    await app.set_maintenance(on=body.flag("maintenance"))
    return Answer(_row(app))


async def destroy_app(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    row = _row(app)
    await fleet(request).destroy_app(app.name, confirm=body.maybe_text("confirm"))
    return Answer(row)


async def show_config(request: Request) -> Response:
    app = hosted(request)
    return Answer(dict(app.world.ledger.current(app.name).release.config_vars))


async def change_config(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    wanted: dict[str, str | None] = {}
    for name, value in body.values.items():
        if value is not None and not isinstance(value, str):
            raise BadRequest(reason=f"the value of {name} must be text, or null to remove it")
        wanted[name] = value

    async def change(hear: Hear) -> Mapping[str, Any]:
        return _release(app, await app.set_config(wanted, hear=hear))

    return await answered(request, change)


async def list_releases(request: Request) -> Response:
    app = hosted(request)
    limit = whole_number(request.query_params.get("limit", ""))
    entries = app.world.ledger.releases(app.name, limit=limit)
    return Answer([views.release_row(entry) for entry in entries])


async def show_release(request: Request) -> Response:
    app = hosted(request)
    return Answer(views.release_row(app.world.ledger.release(app.name, _version(request, app)), reveal=True))


async def verify_releases(request: Request) -> Response:
    app = hosted(request)
    return Answer({"app": app.name, "verified": app.world.ledger.verify(app.name)})


async def export_release(request: Request) -> Response:
    app = hosted(request)
    entry = app.world.ledger.release(app.name, _version(request, app))
    path = str(app.world.store.path_of(entry.release.slug)) if entry.release.slug else None
    if path is not None and spelled(path) != path:
        path = None  # not UTF-8: the store's copy is found by its digest
    manifest = app.world.ledger.manifest(app.name, entry.release.version, slug_path=path)
    return Answer(msgspec.to_builtins(manifest))


async def create_release(request: Request) -> Response:
    """A deploy (`slug`), or a rollback (`rollback`: a version, or null for the release before)."""
    app, body = hosted(request), await Body.of(request)

    async def deploy(hear: Hear) -> Mapping[str, Any]:
        made = await fleet(request).deploy(
            app.name,
            body.text("slug"),
            commit=body.maybe_text("commit"),
            description=body.maybe_text("description"),
            hear=hear,
        )
        return {**_release(app, made), "web_url": app.world.router.url(app.name)}

    async def roll_back(hear: Hear) -> Mapping[str, Any]:
        wanted = body.values.get("rollback")
        if wanted is not None and (not isinstance(wanted, int) or isinstance(wanted, bool)):
            raise BadRequest(reason="rollback must be a version's number, or null")
        target = app.world.ledger.rollback_target(app.name, wanted).version
        made = await app.roll_back(target, hear=hear)
        return {**_release(app, made), "target": target, "before": _before(app, made)}

    return await answered(request, roll_back if "rollback" in body.values else deploy)


def _before(app: HostedApp, made: Release) -> int:
    """What was current before it. Asked for afterwards: another change may have come while this one waited."""
    good = (e.release for e in app.world.ledger.releases(app.name) if e.status is ReleaseStatus.SUCCEEDED)
    return next(release.version for release in good if release.version < made.version)


async def list_features(request: Request) -> Response:
    return Answer(views.feature_rows(hosted(request).facts()))


async def change_feature(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    await app.set_feature(request.path_params["feature"], on=body.flag("enabled"))
    return Answer(views.feature_rows(app.facts()))


def _version(request: Request, app: HostedApp) -> int:
    given = str(request.path_params["version"])
    number = whole_number(given.removeprefix("v"))
    if number is None:
        newest = app.world.ledger.releases(app.name, limit=1)[0].release.version
        raise NoSuchRelease(app=app.name, wanted=given, newest=newest)
    return number


ROUTES = [
    Route("/apps", list_apps, methods=["GET"]),
    Route("/apps", create_app, methods=["POST"]),
    Route("/apps/{app}", show_app, methods=["GET"]),
    Route("/apps/{app}", change_app, methods=["PATCH"]),
    Route("/apps/{app}", destroy_app, methods=["DELETE"]),
    Route("/apps/{app}/config-vars", show_config, methods=["GET"]),
    Route("/apps/{app}/config-vars", change_config, methods=["PATCH"]),
    Route("/apps/{app}/releases", list_releases, methods=["GET"]),
    Route("/apps/{app}/releases", create_release, methods=["POST"]),
    Route("/apps/{app}/releases/verify", verify_releases, methods=["GET"]),
    Route("/apps/{app}/releases/{version}", show_release, methods=["GET"]),
    Route("/apps/{app}/releases/{version}/manifest", export_release, methods=["GET"]),
    Route("/apps/{app}/features", list_features, methods=["GET"]),
    Route("/apps/{app}/features/{feature}", change_feature, methods=["PATCH"]),
]
