"""bin/release: the one script that native-packager staged."""

import shlex
from pathlib import Path
from typing import Any


def release(app: Path) -> dict[str, Any]:
    command = web(app)
    document: dict[str, Any] = {"default_process_types": {"web": command} if command else {}}
    declared = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(app.glob("*.sbt"))]
    if any('"postgresql"' in text for text in declared):
        document["addons"] = ["heroku-postgresql"]
    return document


def web(app: Path) -> str | None:
    """None where nothing, or more than one script, was staged."""
    found = scripts(app)
    return f"{shlex.quote(str(found[0].relative_to(app)))} -Dhttp.port=$PORT" if len(found) == 1 else None


def scripts(app: Path) -> list[Path]:
    """Of the root project, else of its sub-projects."""
    for pattern in ("target/universal/stage/bin/*", "*/target/universal/stage/bin/*"):
        found = sorted(path for path in app.glob(pattern) if path.is_file() and path.suffix != ".bat")
        if found:
            return found
    return []
