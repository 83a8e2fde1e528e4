"""slugc: ordered buildpacks in, one reproducible slug out, and the same bytes boot.

`import slugc` costs nothing: the names below are loaded when they are first used.
"""

from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'slugc' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
