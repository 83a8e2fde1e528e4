"""Where a service's programs are: on PATH, or in the places Debian uses."""

from collections.abc import Callable
from pathlib import Path

from slugc.addons.postgresql import PostgreSQL
from slugc.addons.redis import Redis
from slugc.addons.service import Service, Which
from slugc.errors.addons import ServerMissing, UnknownService

SERVICES: dict[str, Service] = {service.name: service for service in (PostgreSQL(), Redis())}
# The names that app.json and bin/release of apps in the wild ask for.
_ALIASES = {
    "postgres": "postgresql",
    "heroku-postgresql": "postgresql",
    "shared-database": "postgresql",
    "heroku-redis": "redis",
    "heroku-kvs": "redis",
    "redistogo": "redis",
    "rediscloud": "redis",
}


def service_of(given: str) -> Service:
    """`postgresql`, `heroku-postgresql:hobby-dev`, ... Raises UnknownService."""
    name = given.partition(":")[0]
    service = SERVICES.get(_ALIASES.get(name, name))
    if service is None:
        raise UnknownService(given=given, known=[*SERVICES, "url:NAME=ADDRESS"])
    return service


def bin_folder(service: Service, *, which: Which, exists: Callable[[Path], bool] = Path.exists) -> Path:
    """The folder with the service's programs. Raises ServerMissing."""
    on_path = which(service.program)
    # A link on PATH may stand alone: the programs beside its target are the ones that belong together.
    found = [Path(on_path).resolve().parent] if on_path else []
    for folder in (*service.folders(), *found):
        if exists(folder / service.program):
            return folder
    searched = ["PATH", *(str(folder) for folder in service.folders())]
    raise ServerMissing(service=service.name, program=service.program, package=service.package, searched=searched)
