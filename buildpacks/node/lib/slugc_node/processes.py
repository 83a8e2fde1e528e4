"""bin/release: how the app is started where its Procfile does not say."""

from pathlib import Path
from typing import Any

from slugc_buildpack.problems import Problem
from slugc_node import manifest
from slugc_node.managers import choose


def release(app: Path) -> dict[str, Any]:
    try:
        declared = manifest.read(app)
        command = web(app, declared)
    except Problem:
        return {}
    return {"default_process_types": {"web": command}} if command else {}


def web(app: Path, declared: manifest.Manifest) -> str | None:
    """`npm start`, else the package's main file, else server.js, as the reference platform chose them."""
    if "start" in declared.scripts:
        return f"{choose(app, declared).command} start"
    candidates = [declared.main, f"{declared.main}.js"] if declared.main else []
    for name in (*candidates, "server.js"):
        path = app / name
        if name and not name.startswith("/") and ".." not in Path(name).parts and path.is_file():
            return f"node {_quoted(name)}"
    return None


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)
