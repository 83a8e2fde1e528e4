"""bin/release: the default web process of an app without a Procfile, by the framework that its code shows."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slugc_python import distributions, django
from slugc_python.recipe import TARGET

_FILES = ("app.py", "main.py", "wsgi.py", "asgi.py", "server.py", "application.py")
_NAMES = ("app", "application", "api", "server")
_FACTORIES = ("create_app", "make_app", "get_app")
_CLASSES = {"Flask": "flask", "FastAPI": "fastapi", "Starlette": "starlette", "Quart": "quart"}
_ASGI = frozenset({"fastapi", "starlette", "quart"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An application object: `main:app`, or a factory `shop:create_app`."""

    framework: str
    module: str
    name: str
    factory: bool = False


def release(app: Path) -> dict[str, Any]:
    """default_process_types and addons, as the release of a buildpack says them."""
    packages = distributions.installed(app / TARGET)
    command = web(app, packages)
    document: dict[str, Any] = {"default_process_types": {"web": command} if command else {}}
    if django.wants_postgresql(app, packages):
        document["addons"] = ["heroku-postgresql"]
    return document


def web(app: Path, packages: dict[str, str]) -> str | None:
    """The command of the web process; None where the code shows no framework that is installed."""
    project = django.find(app)
    if project is not None and "django" in packages:
        return _django(app, project, packages)
    found = find(app)
    if found is None or found.framework not in packages:
        return None
    target = f"{found.module}:{found.name}"
    if found.framework in _ASGI:
        return _asgi(target, packages, factory=found.factory)
    if "gunicorn" in packages:
        return f"gunicorn --bind 0.0.0.0:$PORT '{target}{'()' if found.factory else ''}'"
    return f"flask --app {target} run --host 0.0.0.0 --port $PORT"


def find(app: Path) -> Found | None:
    """The application object in the usual modules of the root, then in its packages."""
    modules = [(app / name, name.removesuffix(".py")) for name in _FILES]
    for folder in sorted(path.parent for path in app.glob("*/__init__.py")):
        if folder.name not in {"tests", "test", "venv"}:
            modules.append((folder / "__init__.py", folder.name))
            modules += [(folder / name, f"{folder.name}.{name.removesuffix('.py')}") for name in _FILES]
    candidates = [found for path, module in modules if path.is_file() for found in _in_module(path, module)]
    return next((found for found in candidates if not found.factory), candidates[0] if candidates else None)


def _in_module(path: Path, module: str) -> list[Found]:
    tree = django.parses(path)
    if tree is None:
        return []
    found = []
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            framework = _framework(node.value)
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            if framework and names:
                found.append(Found(framework=framework, module=module, name=names[0]))
        elif isinstance(node, ast.FunctionDef) and node.name in _FACTORIES:
            made = [kind for inner in ast.walk(node) if isinstance(inner, ast.expr) and (kind := _framework(inner))]
            if made:
                found.append(Found(framework=made[0], module=module, name=node.name, factory=True))
    return sorted(found, key=lambda one: _NAMES.index(one.name) if one.name in _NAMES else len(_NAMES))


def _framework(value: ast.expr) -> str | None:
    """`Flask(...)` or `flask.Flask(...)` -> `flask`."""
    if not isinstance(value, ast.Call):
        return None
    function = value.func
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    return _CLASSES.get(name)


def _asgi(target: str, packages: dict[str, str], *, factory: bool = False) -> str | None:
    if "uvicorn" in packages:
        return f"uvicorn {target} {'--factory ' if factory else ''}--host 0.0.0.0 --port $PORT"
    if "hypercorn" in packages:
        return f"hypercorn --bind 0.0.0.0:$PORT '{target}{'()' if factory else ''}'"
    return None


def _django(app: Path, project: django.Project, packages: dict[str, str]) -> str:
    enter = "" if project.folder == Path() else f"cd {project.folder} && "
    inside = app / project.folder / (project.package or "").replace(".", "/")
    if project.package and "gunicorn" in packages and (inside / "wsgi.py").is_file():
        return f"{enter}gunicorn --bind 0.0.0.0:$PORT {project.package}.wsgi"
    if project.package and (inside / "asgi.py").is_file():
        command = _asgi(f"{project.package}.asgi:application", packages)
        if command:
            return enter + command
    return f"{enter}python manage.py runserver 0.0.0.0:$PORT --noreload"
