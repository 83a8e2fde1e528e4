"""launch.toml: process types, labels and slices, by the rules of the buildpack's own API version."""

import re

from slugc.formats.buildpack_toml import exec_env
from slugc.formats.checked import FileProblem, Table, document
from slugc.model.cloudnative import Api, LaunchFile, LaunchProcess

_TYPE_OF_SPECIFICATION = re.compile(r"[A-Za-z0-9._-]+")
# A name with a line end would be two lines of a log.
_TYPE_OF_LIFECYCLE = re.compile(r"[^/><:|&\\\x00-\x1f\x7f-\x9f]+")
_COMMAND_IS_A_LIST = Api(0, 9)
_WORKING_DIR = Api(0, 8)


def parse_launch(text: str, api: Api, *, strict: bool = False) -> LaunchFile:
    """Raises FileProblem."""
    root = document(text)
    notes: list[str] = []
    processes = tuple(_process(table, api, strict=strict, notes=notes) for table in root.tables("processes"))
    defaults = [process.type for process in processes if process.default]
    if len(defaults) > 1:
        raise root.problem("processes", f"more than one default process type: {', '.join(defaults)}")
    return LaunchFile(
        processes=processes,
        labels={table.required_text("key"): table.text("value") for table in root.tables("labels")},
        slices=tuple(table.texts("paths") for table in root.tables("slices")),
        notes=tuple(notes),
    )


def _process(table: Table, api: Api, *, strict: bool, notes: list[str]) -> LaunchProcess:
    name = table.required_text("type")
    allowed = _TYPE_OF_SPECIFICATION if strict else _TYPE_OF_LIFECYCLE
    if not allowed.fullmatch(name) or name in {".", ".."}:  # layers have folders of these names
        raise table.problem("type", f"{name!r} is no process type: letters, digits, '.', '_' and '-'")
    for key in ("command", "args", "working-dir"):
        if "\0" in "".join(table.data.get(key) or ()):
            raise table.problem(key, "holds a NUL byte")
    working_dir = table.text("working-dir")
    if working_dir and api < _WORKING_DIR:
        notes.append(f"process {name}: working-dir is ignored with Buildpack API {api}; it needs 0.8")
        working_dir = ""
    return LaunchProcess(
        type=name,
        command=_command(table, api),
        args=table.texts("args"),
        direct=_direct(table, api),
        legacy=api < _COMMAND_IS_A_LIST,
        default=table.flag("default"),
        working_dir=working_dir,
        exec_env=exec_env(table),
    )


def _command(table: Table, api: Api) -> tuple[str, ...]:
    if api < _COMMAND_IS_A_LIST:
        return (table.required_text("command"),)
    if isinstance(table.data.get("command"), str):
        raise _wrong_shape(table, api)
    words = table.texts("command")
    if not words:
        raise table.problem("command", "is missing" if "command" not in table else "is empty")
    return words


def _direct(table: Table, api: Api) -> bool:
    if api < _COMMAND_IS_A_LIST:
        return table.flag("direct")
    if "direct" in table:
        raise table.problem("direct", f"is no longer a key with Buildpack API {api}: every process is direct")
    return True


def _wrong_shape(table: Table, api: Api) -> FileProblem:
    return table.problem("command", f"must be an array of strings with Buildpack API {api}, it is a string")
