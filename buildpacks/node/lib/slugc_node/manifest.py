"""package.json as a value: read once, then trusted."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slugc_buildpack.problems import Problem

FILE = "package.json"
OWN_INSTALL_SCRIPTS = ("preinstall", "install", "postinstall", "prepare")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    scripts: Mapping[str, str]
    engines: Mapping[str, str]
    package_manager: str
    """`pnpm@10.4.1+sha512...`, or empty."""
    main: str
    dependencies: Mapping[str, str]
    """Of all kinds: dependencies, devDependencies, optionalDependencies."""
    has_dev: bool
    cache_directories: tuple[str, ...]
    workspaces: bool

    @property
    def plain(self) -> bool:
        """True where an installation is a function of the lock file alone: no scripts of the app run in it, and no
        folder of the app is linked into it."""
        local = any(text.startswith(("file:", "link:", "portal:", "workspace:")) for text in self.dependencies.values())
        return not self.workspaces and not local and not any(name in self.scripts for name in OWN_INSTALL_SCRIPTS)


def read(app: Path) -> Manifest:
    """Raises Problem where package.json is no JSON object, or a field has the wrong form."""
    try:
        text = (app / FILE).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken(f"byte {error.start} is not UTF-8", None) from error
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        line = text.split("\n")[error.lineno - 1] if text.strip() else "(the file is empty)"
        raise _broken(f"{line.strip()}\n{error.msg} (column {error.colno})", error.lineno) from error
    if not isinstance(document, dict):
        raise _broken("it is not an object", 1)
    dependencies: dict[str, str] = {}
    for kind in ("dependencies", "devDependencies", "optionalDependencies"):
        dependencies |= _texts(document, kind)
    workspaces = bool(document.get("workspaces")) or (app / "pnpm-workspace.yaml").is_file()
    return Manifest(
        scripts=_texts(document, "scripts"),
        engines=_texts(document, "engines"),
        package_manager=_text(document, "packageManager"),
        main=_text(document, "main"),
        dependencies=dependencies,
        has_dev=bool(document.get("devDependencies")) or workspaces,
        cache_directories=_folders(document),
        workspaces=workspaces,
    )


def _texts(document: Mapping[str, Any], field: str) -> dict[str, str]:
    value = document.get(field, {})
    if value is None or value == []:  # old tools write `"engines": []`
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _field(field, value, f'an object of texts: "{field}": {{"name": "text"}}')
    return {str(name): str(text) for name, text in value.items()}


def _text(document: Mapping[str, Any], field: str) -> str:
    value = document.get(field, "")
    if not isinstance(value, str):
        raise _field(field, value, "a text")
    return value.strip()


def _folders(document: Mapping[str, Any]) -> tuple[str, ...]:
    value = document.get("cacheDirectories", document.get("cache_directories", []))
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise _field("cacheDirectories", value, "a list of folders of the app")
    for name in value:
        if name.startswith("/") or ".." in Path(name).parts:
            raise _field("cacheDirectories", name, "a list of folders inside the app")
    return tuple(value)


def _field(field: str, value: object, wanted: str) -> Problem:
    return Problem(
        f'"{field}" of package.json has the wrong form',
        code="node.wrong-field",
        file=FILE,
        evidence=f'"{field}": {json.dumps(value)[:200]}',
        next_step=f"It must be {wanted}.",
    )


def _broken(evidence: str, line: int | None) -> Problem:
    return Problem(
        "package.json cannot be read",
        code="node.broken-package-json",
        file=FILE,
        line=line,
        evidence=evidence,
        next_step="Correct that place. `node -p 'require(\"./package.json\")'` says whether it is valid.",
    )
