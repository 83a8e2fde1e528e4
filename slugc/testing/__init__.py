"""For authors of buildpacks: build an app as a user would, look at what came out, boot it.

    def test_the_tool_is_installed(slugc_lab):
        build = slugc_lab.app({"tool.toml": "version = 3"}).build(".")
        build.says("-----> Installing tool 3", "-----> Done")
        assert build.run("tool", "--version").stdout == "3"

`slugc_lab` is a pytest fixture that comes with slugc; a `Lab` can be made anywhere else, too. Folders with an
expect.toml are tests without a line of Python: `slugc buildpacks test`, or `fixtures()` and `Lab.judge`.
docs/how-to/test-a-buildpack.md leads through it.
"""

# pytest loads the plugin beside this file in every run, whether its fixtures are used or not: nothing is loaded yet.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from slugc.testing.fixture import Fixture, fixtures
    from slugc.testing.judging import Verdict
    from slugc.testing.lab import App, Build, Lab, temporary_lab
    from slugc.testing.running import DidNotBoot, Ran, Serving

_MODULE_OF: dict[str, str] = {
    **dict.fromkeys(("Fixture", "fixtures"), "fixture"),
    **dict.fromkeys(("App", "Build", "Lab", "temporary_lab"), "lab"),
    **dict.fromkeys(("DidNotBoot", "Ran", "Serving"), "running"),
    "Verdict": "judging",
}

__all__ = ["App", "Build", "DidNotBoot", "Fixture", "Lab", "Ran", "Serving", "Verdict", "fixtures", "temporary_lab"]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _MODULE_OF:
        raise AttributeError(f"module 'slugc.testing' has no attribute {name!r}")
    found: object = getattr(import_module(f"slugc.testing.{_MODULE_OF[name]}"), name)
    return found
