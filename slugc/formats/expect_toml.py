"""expect.toml -> Promise. Pure; docs/reference/fixtures.md describes the format."""

from collections.abc import Mapping

from slugc.formats.checked import Table, document, kind_of
from slugc.model.promise import (
    Chosen,
    Content,
    Failure,
    Needs,
    OneOff,
    Page,
    Prepared,
    Promise,
    Rebuild,
    Said,
    Served,
)


def parse(text: str) -> Promise:
    """Raises FileProblem: not TOML, a value of another kind, or a key that the format does not have."""
    root = document(text)
    promise = Promise(
        about=root.required_text("about"),
        needs=_needs(root.table("needs")),
        prepare=_prepared(root.table("prepare")),
        serve=_served(root.table("serve")) if "serve" in root else None,
        build=_chosen(root.table("build")),
        detect=root.table("detect").required_text("name") if "detect" in root else None,
        processes=_mapping(root, "processes"),
        transcript=_said(root.table("transcript")),
        error=_failure(root.table("error")) if "error" in root else None,
        http=tuple(_page(table) for table in root.tables("http")),
        run=tuple(_one_off(table) for table in root.tables("run")),
        rebuild=tuple(_rebuild(table) for table in root.tables("rebuild")),
        slug=_content(root.table("slug")),
    )
    for problem in root.unknown():
        raise problem
    return promise


def _needs(table: Table) -> Needs:
    return Needs(programs=table.texts("programs"), host_python=table.text("host_python") or None)


def _prepared(table: Table) -> Prepared:
    commands = table.anything("commands", [])
    wrong = table.problem("commands", 'must be a list of lists of words, such as [["uv", "lock"]]')
    if not isinstance(commands, list):
        raise wrong
    for words in commands:
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            raise wrong
    return Prepared(commands=tuple(tuple(words) for words in commands), env=_mapping(table, "env"))


def _served(table: Table) -> Served:
    return Served(folder=table.required_text("folder"), variable=table.required_text("variable"))


def _chosen(table: Table) -> Chosen:
    return Chosen(
        buildpacks=table.texts("buildpacks"),
        config=_mapping(table, "config"),
        runtime_source=table.text("runtime_source") or None,
        timeout=_number(table, "timeout", 900.0),
    )


def _said(table: Table) -> Said:
    return Said(contains=table.texts("contains"), absent=table.texts("absent"))


def _failure(table: Table) -> Failure:
    return Failure(code=table.required_text("code"), contains=table.texts("contains"))


def _page(table: Table) -> Page:
    return Page(
        path=table.text("path", "/"),
        status=int(_number(table, "status", 200)),
        contains=table.text("contains"),
        process=table.text("process", "web"),
        env=_mapping(table, "env"),
    )


def _one_off(table: Table) -> OneOff:
    command = table.texts("command")
    if not command:
        raise table.problem("command", "must name a program")
    return OneOff(
        command=command,
        exit=int(_number(table, "exit", 0)),
        contains=table.text("contains"),
        env=_mapping(table, "env"),
    )


def _rebuild(table: Table) -> Rebuild:
    config = _mapping(table, "config") if "config" in table else None
    return Rebuild(files=_mapping(table, "files"), config=config, said=_said(table))


def _content(table: Table) -> Content:
    return Content(
        files=table.texts("files"),
        absent=table.texts("absent"),
        runtimes=table.texts("runtimes"),
        addons=table.texts("addons"),
        secrets=table.texts("secrets"),
        deterministic=table.flag("deterministic"),
    )


def _mapping(table: Table, key: str) -> Mapping[str, str]:
    found = table.table(key)
    return {name: found.text(name) for name in found.data}


def _number(table: Table, key: str, default: float) -> float:
    value = table.anything(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise table.problem(key, f"must be a number, it is {kind_of(value)}")
    return value
