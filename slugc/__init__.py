"""slugc: ordered buildpacks in, one reproducible slug out, and the same bytes boot.

`import slugc` costs nothing: the names below are loaded when they are first used.
"""

# Not typing's: importing that module alone would take a third of the time of `slugc --version`.
TYPE_CHECKING = False

__version__ = "0.1.0"

if TYPE_CHECKING:
    from slugc.errors import SlugcError
    from slugc.model.build import BuildRequest, BuildResult

_HOME_OF: dict[str, str] = {
    "BuildRequest": "slugc.model.build",
    "BuildResult": "slugc.model.build",
    "SlugcError": "slugc.errors",
}

__all__ = ["BuildRequest", "BuildResult", "SlugcError", "__version__"]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'slugc' has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(_HOME_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return __all__
