"""The buildpacks that come with slugc, in the order in which detection tries them."""

from collections.abc import Collection
from pathlib import Path

PREFIX = "slugc/"
SHARED = "_shared"
# An app with package.json and requirements.txt is a Node.js app, one with a Gemfile a Ruby app: the order is the
# reference platform's.
ORDER = ("ruby", "node", "clojure", "python", "java", "scala")
# Files that hardly anyone has for another reason. What each bin/detect accepts is wider, and asked for a verdict;
# this is only for saying that an app of two languages may want both.
SIGNS = {
    "ruby": ("Gemfile",),
    "node": ("package.json",),
    "clojure": ("project.clj", "deps.edn"),
    "python": ("requirements.txt", "Pipfile.lock", "poetry.lock", "uv.lock", "manage.py"),
    "java": ("pom.xml", "gradlew"),
    "scala": ("build.sbt",),
}
# The names under which other platforms' registries know them: app.json files in the wild say heroku/nodejs.
ALIASES = {
    "nodejs": "node",
    "heroku/ruby": "ruby",
    "heroku/nodejs": "node",
    "heroku/clojure": "clojure",
    "heroku/python": "python",
    "heroku/java": "java",
    "heroku/scala": "scala",
}


def folder() -> Path:
    """Where they lie: in an installed wheel inside the package, in a checkout beside it."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_buildpacks"
    return installed if installed.is_dir() else package.parent / "buildpacks"


def available() -> tuple[str, ...]:
    """Names in detection order."""
    here = folder()
    return tuple(name for name in ORDER if (here / name / "bin" / "detect").is_file())


def named(text: str) -> str | None:
    """`python` for `python`, `slugc/python` and `heroku/python`; None for what is not built in."""
    name = ALIASES.get(text, text.removeprefix(PREFIX))
    return name if name in available() else None


def others(chosen: str, names: Collection[str]) -> dict[str, str]:
    """The built-in buildpacks beside `chosen` that would fit an app with these names in its root, and the file that
    says so; pure."""
    found = {
        name: next((sign for sign in signs if sign in names), "") for name, signs in SIGNS.items() if name != chosen
    }
    return {name: sign for name, sign in found.items() if sign}
