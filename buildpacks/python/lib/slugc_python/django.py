"""Django: where its project is, and its static files collected while the slug is built."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack import children, transcript
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_python.recipe import TARGET

_OFF = "DISABLE_COLLECTSTATIC"
_SKIPPED = frozenset({"node_modules", "venv", ".venv", ".heroku", "tests"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    folder: Path
    """Where manage.py is, relative to the app."""
    package: str | None
    """The package of settings, wsgi.py and asgi.py: `shop` of `shop.settings`."""

    @property
    def manage(self) -> str:
        return str(self.folder / "manage.py")


def find(app: Path) -> Project | None:
    """manage.py at the root, else the first one up to two folders deep."""
    for depth in ("manage.py", "*/manage.py", "*/*/manage.py"):
        for path in sorted(app.glob(depth)):
            if not _SKIPPED & set(path.relative_to(app).parts):
                text = path.read_text(encoding="utf-8", errors="replace")
                match = re.search(r"DJANGO_SETTINGS_MODULE['\"]\s*,\s*['\"]([\w.]+)['\"]", text)
                package = match[1].partition(".settings")[0] if match else None
                return Project(folder=path.parent.relative_to(app), package=package)
    return None


def collect_static(build: Build, packages: dict[str, str]) -> bool:
    """Run collectstatic if this is a Django app that serves static files. Raises Problem when it fails."""
    project = find(build.app)
    if project is None or "django" not in packages:
        return False
    if build.config.get(_OFF) not in {"", "0", "false"}:
        transcript.step(f"Skipping Django collectstatic since {_OFF} is set")
        return False
    env = build.config.for_child(build.child_env({"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}))
    env["PATH"] = f"{build.app / TARGET / 'bin'}:{env['PATH']}"
    env["PYTHONPATH"] = str(build.app)
    python = str(build.app / TARGET / "bin/python3")
    where = build.app / project.folder
    known = children.capture((python, "manage.py", "help", "collectstatic"), env=env, cwd=where, timeout=300)
    if known.status and "Unknown command" in known.err:
        transcript.step("Skipping Django collectstatic since django.contrib.staticfiles is not in INSTALLED_APPS")
        return False
    transcript.step(f"$ python {project.manage} collectstatic --noinput")
    try:
        children.run((python, "manage.py", "collectstatic", "--noinput"), env=env, cwd=where)
    except children.ChildFailed as failed:
        raise _failed(project, failed) from failed
    return True


def _failed(project: Project, failed: children.ChildFailed) -> Problem:
    tail = "\n".join(line for line in failed.tail if line.strip())
    if "STATIC_ROOT" in tail and "ImproperlyConfigured" in tail:
        settings = f"{project.package}/settings.py" if project.package else "the settings"
        hint = f'Add to {settings}:\nSTATIC_ROOT = BASE_DIR / "staticfiles"'
        return Problem(
            "Django does not know where to collect static files",
            code="python.django-static-root",
            file=settings if project.package else None,
            evidence=tail.splitlines()[-1],
            next_step=hint,
        )
    variable = re.search(r"KeyError: ['\"](\w+)['\"]", tail)
    more = f"It reads the variable {variable[1]}: set that config var, or give it a default.\n" if variable else ""
    return Problem(
        "Django's collectstatic failed",
        code="python.django-collectstatic",
        file=project.manage,
        evidence="\n".join(tail.splitlines()[-10:]),
        next_step=f"{more}Run it on your machine: python {project.manage} collectstatic --noinput\n"
        f"An app without static files sets the config var {_OFF}=1.",
    )


def wants_postgresql(app: Path, packages: dict[str, str]) -> bool:
    drivers = {"psycopg2", "psycopg2-binary", "psycopg"}
    return find(app) is not None and "django" in packages and bool(drivers & packages.keys())


def parses(path: Path) -> ast.Module | None:
    """The module's syntax tree; None for what is no Python of ours."""
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return None
