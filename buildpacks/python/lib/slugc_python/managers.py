"""Exactly one package manager decides what is installed. Two lock files are a mistake, and none is one too."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack.problems import Problem
from slugc_python.detection import MISSPELLED


@dataclass(frozen=True, slots=True)
class Manager:
    name: str
    file: str
    """Its file in the app, which decides what is installed."""
    inputs: tuple[str, ...]
    """Every file whose change means another installation."""


MANAGERS = (
    Manager("Pipenv", "Pipfile.lock", ("Pipfile.lock", "Pipfile")),
    Manager("pip", "requirements.txt", ("requirements.txt",)),
    Manager("Poetry", "poetry.lock", ("poetry.lock", "pyproject.toml")),
    Manager("uv", "uv.lock", ("uv.lock", "pyproject.toml")),
)
PYPROJECT = Manager("pyproject.toml", "pyproject.toml", ("pyproject.toml",))
SETUP = Manager("setup.py", "setup.py", ("setup.py", "setup.cfg"))


def choose(app: Path) -> Manager:
    found = [manager for manager in MANAGERS if (app / manager.file).is_file()]
    if len(found) > 1:
        files = [manager.file for manager in found]
        raise Problem(
            "The app has the files of several package managers",
            code="python.several-package-managers",
            file=files[0],
            evidence="\n".join(f"{manager.file} ({manager.name})" for manager in found),
            next_step=f"Keep the one you use and delete the others, for example: git rm {files[-1]}",
        )
    if found:
        _refuse_partner(app, found[0])
        return found[0]
    _refuse_unlocked(app)
    if _has_project(app):
        return PYPROJECT
    if (app / "setup.py").is_file():
        return SETUP
    raise _none(app)


def _refuse_partner(app: Path, manager: Manager) -> None:
    if manager.name in {"Poetry", "uv"} and not (app / "pyproject.toml").is_file():
        raise Problem(
            f"{manager.file} stands alone: pyproject.toml is missing",
            code="python.no-pyproject",
            file=manager.file,
            next_step="Commit the pyproject.toml that it was made from.",
        )


def _refuse_unlocked(app: Path) -> None:
    if (app / "Pipfile").is_file():
        raise Problem(
            "Pipfile has no Pipfile.lock",
            code="python.no-lock-file",
            file="Pipfile",
            next_step="Run: pipenv lock\nand commit Pipfile.lock: it pins what every build installs.",
        )
    if (app / "pdm.lock").is_file():
        raise Problem(
            "PDM is not supported",
            code="python.pdm",
            file="pdm.lock",
            next_step="Run: pdm export -o requirements.txt --prod\nand commit requirements.txt in place of pdm.lock.",
        )
    tables = _pyproject(app)
    if "poetry" in tables.get("tool", {}) and "project" not in tables:
        raise Problem(
            "pyproject.toml is Poetry's, but there is no poetry.lock",
            code="python.no-lock-file",
            file="pyproject.toml",
            evidence="[tool.poetry]",
            next_step="Run: poetry lock\nand commit poetry.lock: it pins what every build installs.",
        )


def _none(app: Path) -> Problem:
    present = sorted(path.name for path in app.iterdir())
    wrong = next((name for name in present if name in MISSPELLED), None)
    if wrong:
        return Problem(
            f"{wrong} looks like a misspelled {MISSPELLED[wrong]}",
            code="python.misspelled-file",
            file=wrong,
            next_step=f"Rename it: git mv {wrong} {MISSPELLED[wrong]}",
        )
    return Problem(
        "No file says what to install",
        code="python.no-package-manager",
        evidence="The root folder contains:\n" + "\n".join(present[:20]),
        next_step=_from_what_is_there(app)
        or (
            "Add requirements.txt, Pipfile.lock, poetry.lock, uv.lock or pyproject.toml.\n"
            "An app that needs nothing but Python itself has an empty one: touch requirements.txt"
        ),
    )


def _from_what_is_there(app: Path) -> str:
    """How to come to a requirements.txt from the files that people have in its place; empty where there is none."""
    if (app / "requirements.in").is_file():
        return (
            "requirements.in does not pin versions. Run: uv pip compile requirements.in -o requirements.txt\n"
            "and commit requirements.txt."
        )
    found = sorted([*app.glob("requirements[-_]*.txt"), *app.glob("requirements/*.txt")])
    if not found:
        return ""
    wanted = next((path for path in found if "prod" in path.name), found[0])
    return (
        "The file must be named requirements.txt and lie in the root folder; it may include others.\n"
        f"Write one line to it: -r {wanted.relative_to(app)}"
    )


def _has_project(app: Path) -> bool:
    return "project" in _pyproject(app)


def _pyproject(app: Path) -> dict[str, dict[str, object]]:
    path = app / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(
            "pyproject.toml is not valid TOML",
            code="python.broken-pyproject",
            file="pyproject.toml",
            evidence=str(error),
            next_step='Correct that place. A table looks like [project], a value like name = "shop".',
        ) from error
