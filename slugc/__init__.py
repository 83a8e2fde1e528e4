"""slugc: ordered buildpacks in, one reproducible slug out, and the same bytes boot.

`import slugc` costs nothing: the names below are loaded when they are first used. `slugc.api` has all functions;
those of the command line's words are here as well. `api.detect` and `api.release` are not: the packages of these two
stages bear the names already, and Python binds a package over any function as soon as it is imported.
"""

# Not typing's: importing that module alone would take a third of the time of `slugc --version`.
TYPE_CHECKING = False

__version__ = "0.2.0"

if TYPE_CHECKING:
    from slugc import api
    from slugc.api import build, doctor, extract, find_slug, run, start, verify, why
    from slugc.errors import SlugcError
    from slugc.events import Emit, Event
    from slugc.model.build import BuildRequest, BuildResult, Isolation
    from slugc.model.slug import Slug, SlugManifest

_HOME_OF: dict[str, str] = {
    **dict.fromkeys(("build", "doctor", "extract", "find_slug", "run", "start", "verify", "why"), "slugc.api"),
    **dict.fromkeys(("BuildRequest", "BuildResult", "Isolation"), "slugc.model.build"),
    **dict.fromkeys(("Emit", "Event"), "slugc.events"),
    **dict.fromkeys(("Slug", "SlugManifest"), "slugc.model.slug"),
    "SlugcError": "slugc.errors",
}

__all__ = [
    "BuildRequest",
    "BuildResult",
    "Emit",
    "Event",
    "Isolation",
    "Slug",
    "SlugManifest",
    "SlugcError",
    "__version__",
    "api",
    "build",
    "doctor",
    "extract",
    "find_slug",
    "run",
    "start",
    "verify",
    "why",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "api":
        return import_module("slugc.api")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'slugc' has no attribute {name!r}")
    found: object = getattr(import_module(_HOME_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return __all__
