"""app.json: what an app says of itself. Only the parts that a build or a first release can use."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class AppJsonProblem(ValueError):
    """`line` counts from 1; 0 where the text is JSON but a value does not fit."""

    def __init__(self, *, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line, self.message = line, message


@dataclass(frozen=True, slots=True, kw_only=True)
class AppJson:
    name: str = ""
    buildpacks: tuple[str, ...] = ()
    addons: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    """Only variables that have a value; those to be generated or asked for are left out."""
    formation: Mapping[str, int] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> AppJson:
    """Raises AppJsonProblem."""
    try:
        document = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise AppJsonProblem(line=error.lineno, message=error.msg) from error
    except RecursionError as error:
        raise AppJsonProblem(line=0, message="nested too deeply") from error
    if not isinstance(document, dict):
        raise AppJsonProblem(line=1, message="an object was expected")
    return AppJson(
        name=document["name"] if isinstance(document.get("name"), str) else "",
        buildpacks=tuple(_named(item, "url", "buildpacks") for item in _list(document, "buildpacks")),
        addons=tuple(_named(item, "plan", "addons") for item in _list(document, "addons")),
        env=_env(_object(document, "env")),
        formation=_formation(_object(document, "formation")),
        scripts={name: text for name, text in _object(document, "scripts").items() if isinstance(text, str)},
    )


def _list(document: dict[str, Any], key: str) -> list[Any]:
    value = document.get(key, [])
    if not isinstance(value, list):
        raise AppJsonProblem(line=0, message=f"`{key}` must be a list")
    return value


def _object(document: dict[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise AppJsonProblem(line=0, message=f"`{key}` must be an object")
    return value


def _named(item: object, key: str, where: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, dict) and isinstance(item.get(key), str):
        return str(item[key])
    raise AppJsonProblem(line=0, message=f'every entry of `{where}` is text, or an object with "{key}"')


def _env(entries: dict[str, Any]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, entry in entries.items():
        value = entry.get("value") if isinstance(entry, dict) else entry
        if isinstance(value, str):
            values[name] = value
    return values


def _formation(entries: dict[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, entry in entries.items():
        quantity = entry.get("quantity", 1) if isinstance(entry, dict) else entry
        if isinstance(quantity, int) and not isinstance(quantity, bool) and quantity >= 0:
            counts[name] = quantity
    return counts
