"""Write the parts of docs/reference that are generated from the code; `--check` only says which are stale."""

import importlib
import pkgutil
import sys
from pathlib import Path

import msgspec

import slugc.errors
from slugc.errors import SlugcError
from slugc.model.slug import SlugManifest

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
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


PAGES = {"errors.md": errors_page, "slug.schema.json": slug_schema}


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
