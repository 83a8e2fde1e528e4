"""Write the parts of docs/reference that are generated from the code; `--check` only says which are stale."""

import ast
import importlib
import inspect
import pkgutil
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec

import slugc.errors
from slugc.errors import SlugcError
from slugc.events import Event, Progress
from slugc.model.slug import SlugManifest
from slugc.render.json import VERSION

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
PHASES = {
    1: "a bug in slugc",
    2: "usage",
    12: "a Buildpack API that is not spoken (as the Cloud Native platform specification has it)",
    20: "detect",
    30: "source and configuration",
    40: "cache",
    50: "compile",
    60: "slug",
    70: "ledger",
    80: "dynos",
    90: "router and logs",
}


def error_classes() -> list[type[SlugcError]]:
    """Every error that can be raised: the leaves of the tree, in the order of their exit codes and names."""
    for module in pkgutil.iter_modules(slugc.errors.__path__):
        importlib.import_module(f"slugc.errors.{module.name}")
    found: set[type[SlugcError]] = set()
    waiting = [SlugcError]
    while waiting:
        cls = waiting.pop()
        waiting.extend(cls.__subclasses__())
        # The families (`detect`, `slug`) are for catching; what is raised has a dotted code of its own.
        if "." in vars(cls).get("code", ""):
            found.add(cls)
    return sorted(found, key=lambda cls: (cls.exit_code, cls.code))


def errors_page() -> str:
    rows = []
    for cls in error_classes():
        meaning = (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ").replace("    ", "")
        rows.append(f"| {cls.exit_code} | `{cls.code}` | {meaning} |")
    phases = "\n".join(f"| {code}{'' if code < 20 else 's'} | {name} |" for code, name in PHASES.items())
    return (
        "# Errors and exit codes\n\n"
        "Generated from `slugc/errors/` by `scripts/generate_reference.py`.\n\n"
        "Every error has a summary, the evidence, a hint with the next step, and a code that does not change. "
        "A child's own exit code is passed on by `slugc run`; signals end slugc with 130 (Ctrl-C) and 143 (SIGTERM)."
        "\n\n"
        f"| exit code | phase |\n| --- | --- |\n{phases}\n\n"
        "| exit code | code | when |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n"
    )


def slug_schema() -> str:
    """The JSON Schema of slug.json."""
    schema = msgspec.json.schema(SlugManifest)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "slug.json, the manifest of a slug (schema 1)"
    return shown(schema)


def event_classes() -> list[type[Any]]:
    """What `--json` prints, in the order of a build. Progress is drawn on terminals and nowhere else."""
    return [cls for cls in get_args(Event) if cls is not Progress]


def events_schema() -> str:
    """The JSON Schema of one line of `slugc build --json`."""
    classes = event_classes()
    _, definitions = msgspec.json.schema_components(
        classes, ref_template="#/$defs/{name}", schema_hook=lambda kind: {"type": "string"} if kind is Path else {}
    )
    for cls in classes:
        mine = definitions[cls.__name__]
        mine["properties"] = {"v": {"const": VERSION}, "type": {"const": cls.kind}, **mine["properties"]}
        mine["required"] = list(mine["properties"])  # a writer never leaves a field out, not even at its default
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"one line of slugc build --json (version {VERSION})",
        "anyOf": [{"$ref": f"#/$defs/{cls.__name__}"} for cls in classes],
        "$defs": definitions,
    }
    return shown(schema)


def shown(schema: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(cleaned(schema)), indent=2).decode() + "\n"


def cleaned(value: Any) -> Any:
    """Docstrings without their indent: Python 3.13 and later strip it themselves, and the page must be the same."""
    if isinstance(value, dict):
        return {
            name: inspect.cleandoc(inner) if name == "description" and isinstance(inner, str) else cleaned(inner)
            for name, inner in value.items()
        }
    return [cleaned(inner) for inner in value] if isinstance(value, list) else value


def events_page() -> str:
    sections = []
    for cls in event_classes():
        rows = [f"| `{name}` | {kind} | {meaning} |" for name, kind, meaning in event_fields(cls)]
        table = "\n".join(("| field | value | |", "| --- | --- | --- |", *rows))
        sections.append(f"## `{cls.kind}`\n\n{one_line(cls.__doc__)}\n\n{table}\n")
    return (
        "# Events of a build\n\n"
        "Generated from `slugc/events.py` by `scripts/generate_reference.py`; "
        "[events.schema.json](events.schema.json) is the JSON Schema.\n\n"
        "`slugc build --json` prints one object a line on stdout, from `build.started` to `build.finished` or "
        f'`build.failed`: `{{"v": {VERSION}, "type": "slug.packed", ...}}`. Every field is always there.\n\n'
        "`v` changes when a field is renamed, removed or means something else. New types and new fields do not change "
        "it: skip those that you do not know. With `--json`, a command that fails prints `build.failed`, whatever the "
        "command.\n\n" + "\n".join(sections)
    )


def event_fields(cls: type[Any]) -> list[tuple[str, str, str]]:
    """Name, JSON type and meaning of each field; the meaning is the docstring below the field."""
    (body,) = ast.parse(inspect.getsource(cls)).body
    assert isinstance(body, ast.ClassDef)
    found = []
    for node, after in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) != "kind":
            said = after.value if isinstance(after, ast.Expr) else None
            meaning = one_line(ast.literal_eval(said)).replace("None", "null") if isinstance(said, ast.Constant) else ""
            found.append((ast.unparse(node.target), JSON_TYPES[ast.unparse(node.annotation)], meaning))
    return found


JSON_TYPES = {
    "str": "string",
    "str | None": "string or null",
    "int": "integer",
    "int | None": "integer or null",
    "float": "number",
    "bool": "boolean",
    "tuple[str, ...]": "list of strings",
    "Slug": "`path`, `size` in bytes, and `manifest`: [slug.json](slug.schema.json)",
}


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


PAGES = {
    "errors.md": errors_page,
    "events.md": events_page,
    "events.schema.json": events_schema,
    "slug.schema.json": slug_schema,
}


def stale() -> dict[str, str]:
    """The pages that are not what the code says, and what they should be."""
    wanted = {name: page() for name, page in PAGES.items()}
    return {
        name: text
        for name, text in wanted.items()
        if not (path := REFERENCE / name).exists() or path.read_text() != text
    }


def main(argv: list[str]) -> int:
    check = "--check" in argv
    found = stale()
    for name, text in found.items():
        if not check:
            (REFERENCE / name).write_text(text)
        print(f"{'stale' if check else 'written'}: docs/reference/{name}")
    return 1 if found and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
