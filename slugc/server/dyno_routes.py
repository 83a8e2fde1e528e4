"""Routes of formations, dynos and scheduled jobs."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from slugc.errors.dyno import BadFormation
from slugc.hosting import jobs, views
from slugc.hosting.app import HostedApp
from slugc.model.dyno import DEFAULT_SIZE, SIZES, DynoName, DynoSize
from slugc.server.held import HeldResponse
from slugc.server.requests import Answer, Body, hosted


def _formation(app: HostedApp) -> list[views.Row]:
    manifest = app.manifest(app.world.ledger.current(app.name).release)
    commands = {process.name: process.text for process in manifest.process_types} if manifest else {}
    return views.formation_rows(app.formation(), commands)


async def list_process_types(request: Request) -> Response:
    app = hosted(request)
    manifest = app.manifest(app.world.ledger.current(app.name).release)
    types = manifest.process_types if manifest else ()
    return Answer([{"type": process.name, "command": process.text} for process in types])


async def show_formation(request: Request) -> Response:
    return Answer(_formation(hosted(request)))


async def change_formation(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    await app.scale(body.texts("updates"))
    return Answer(_formation(app))


async def list_dynos(request: Request) -> Response:
    return Answer([views.dyno_row(dyno) for dyno in hosted(request).dynos()])


async def start_dyno(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    dyno = await app.run_detached(
        body.texts("words"),
        type_name=body.maybe_text("type"),
        env=body.mapping("env"),
        size=_size(body.maybe_text("size")),
    )
    return Answer({"name": str(dyno.name)}, status_code=201)


async def attach_dyno(request: Request) -> Response:
    """A row at once; the dyno is listed until the client closes the connection."""
    app, body = hosted(request), await Body.of(request)
    name, release = app.attach(
        body.texts("words"),
        pid=body.number("pid"),
        type_name=body.maybe_text("type"),
        size=_size(body.maybe_text("size")),
    )
    row = {"name": str(name), "release": release}
    return HeldResponse(row, leaving=app.attached.leaving, on_end=lambda: app.attached.leave(name))


async def end_attached(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    name = DynoName.parse(request.path_params["name"])
    if name is not None:
        app.attached.ended(name, body.number("status"))
    return Answer({"name": request.path_params["name"]})


async def restart(request: Request) -> Response:
    names = await hosted(request).supervisor.restart(request.path_params.get("target"))
    return Answer({"restarted": [str(name) for name in names]})


async def stop(request: Request) -> Response:
    names = await hosted(request).stop_dynos(request.path_params["target"])
    return Answer({"stopped": [str(name) for name in names]})


async def list_jobs(request: Request) -> Response:
    app = hosted(request)
    now = app.world.clock.now()
    rows = []
    for job in app.world.ledger.jobs():
        if job.app == app.name:
            due = jobs.next_run(job, now)
            rows.append(views.job_row(job, next_run=due.strftime("%Y-%m-%dT%H:%M:%SZ") if due else None))
    return Answer(rows)


async def add_job(request: Request) -> Response:
    app, body = hosted(request), await Body.of(request)
    size = _size(body.maybe_text("size")).name
    number = await jobs.add(app, when=body.text("when"), command=body.text("command"), size=size)
    return Answer({"id": number}, status_code=201)


async def remove_job(request: Request) -> Response:
    await jobs.remove(hosted(request), int(request.path_params["number"]))
    return Answer({"id": int(request.path_params["number"])})


def _size(name: str | None) -> DynoSize:
    if name is None:
        return DEFAULT_SIZE
    if name.lower() not in SIZES:
        raise BadFormation(word=name, reason=f"there is no size {name}; sizes are {', '.join(SIZES)}")
    return SIZES[name.lower()]


ROUTES = [
    Route("/apps/{app}/process-types", list_process_types, methods=["GET"]),
    Route("/apps/{app}/formation", show_formation, methods=["GET"]),
    Route("/apps/{app}/formation", change_formation, methods=["PATCH"]),
    Route("/apps/{app}/dynos", list_dynos, methods=["GET"]),
    Route("/apps/{app}/dynos", start_dyno, methods=["POST"]),
    Route("/apps/{app}/attached-dynos", attach_dyno, methods=["POST"]),
    Route("/apps/{app}/attached-dynos/{name}/actions/ended", end_attached, methods=["POST"]),
    Route("/apps/{app}/dynos", restart, methods=["DELETE"]),
    Route("/apps/{app}/dynos/{target}", restart, methods=["DELETE"]),
    Route("/apps/{app}/dynos/{target}/actions/stop", stop, methods=["POST"]),
    Route("/apps/{app}/jobs", list_jobs, methods=["GET"]),
    Route("/apps/{app}/jobs", add_job, methods=["POST"]),
    Route("/apps/{app}/jobs/{number:int}", remove_job, methods=["DELETE"]),
]
