"""The dependencies, installed by uv from whichever file decides. uv is a tool of the build, never of the slug."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from slugc_buildpack import children, transcript
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_python import complaints, pipfile, poetry, requirements, uvlock
from slugc_python.managers import Manager
from slugc_python.recipe import TARGET
from slugc_python.requirements import Line

# Config vars that an installation may read: the indexes, and what compilers are told. Others stay out, so that
# changing one of them does not count as a change of the build.
_INDEXES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_NO_BINARY",
    "PIP_ONLY_BINARY",
)
_UV = (
    *("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS", "UV_NO_INDEX"),
    *("UV_INDEX_STRATEGY", "UV_KEYRING_PROVIDER", "UV_OFFLINE", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_PRERELEASE"),
)
_COMPILERS = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CC", "CXX", "PKG_CONFIG_PATH", "CARGO_HOME", "MAKEFLAGS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One installation: what is printed, what is run, and what its result depends on."""

    shown: str
    arguments: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)
    """Generated input files by name; `@NAME@` in `arguments` stands for their paths."""
    lines: list[Line] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    """A second run, on top of the first: packages whose sources lie in the app. The files of the manager do not
    decide them, so they are installed anew each time, and never kept."""
    local: str | None = None
    """Why the result of `arguments` also depends on the app's own tree; None where the manager's files decide alone."""


def plan(manager: Manager, app: Path) -> Plan:
    """Raises Problem for files that are broken."""
    return _PLANNERS[manager.name](app)


def install(chosen: Plan, manager: Manager, build: Build) -> None:
    """Raises Problem, with uv's words turned into a file, a line and a next step."""
    transcript.step(f"Installing dependencies using '{chosen.shown}'")
    _run_uv(chosen.arguments, chosen, manager, build)


def install_own(chosen: Plan, manager: Manager, build: Build) -> None:
    """The app's own packages, beside their dependencies. Raises Problem."""
    if chosen.own:
        transcript.step("Installing the app's own packages")
        _run_uv(chosen.own, chosen, manager, build)


def _run_uv(arguments: tuple[str, ...], chosen: Plan, manager: Manager, build: Build) -> None:
    uv = build.tool("uv")
    if uv is None:
        raise Problem(
            "uv is not there",
            code="python.no-uv",
            evidence="It is neither in SLUGC_TOOLS nor on PATH.",
            next_step="Install slugc again: uv comes with it.",
        )
    # Not in /tmp: a sandbox may have a small one, and relative paths in the files count from the app.
    with tempfile.TemporaryDirectory(dir=build.cache) as folder:
        words = dict[str, str]()
        for name, text in chosen.files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
            words[f"@{name}@"] = str(Path(folder, name))
        argv = [uv, *(words.get(word, word) for word in arguments)]
        names = requirements.variables(chosen.lines)
        try:
            children.run(argv, env=environment(build, names), cwd=build.app, keep=_KEPT)
        except children.ChildFailed as failed:
            raise complaints.problem(failed.tail, manager, chosen.lines, chosen.sources) from failed


def environment(build: Build, variables: list[str] | None = None) -> dict[str, str]:
    """What uv and the build backends under it see."""
    python = build.app / TARGET / "bin/python3"
    given = {name: build.environ[name] for name in (*_INDEXES, *_UV, *_COMPILERS) if name in build.environ}
    given |= build.config.select(*_INDEXES, *_UV, *_COMPILERS, *(variables or []))
    for theirs, ours in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_NO_INDEX", "UV_NO_INDEX")):
        if given.get(theirs):
            given.setdefault(ours, given[theirs])
    for theirs, ours in (("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL"), ("PIP_FIND_LINKS", "UV_FIND_LINKS")):
        if given.get(theirs):
            given.setdefault(ours, given[theirs].replace(" ", "," if ours == "UV_FIND_LINKS" else " "))
    # -g0: debug information names the folder of the build, which differs from build to build.
    given["CFLAGS"] = f"{given.get('CFLAGS', '')} -g0".strip()
    return build.child_env(
        {
            **given,
            "PATH": f"{python.parent}{os.pathsep}{build.environ.get('PATH', os.defpath)}",
            # Shared by all apps, as a developer's own uv shares it; in CACHE_DIR every build would copy it.
            "UV_CACHE_DIR": str(build.runtimes / "uv"),
            # Links into the cache would let a hook of the app write through them.
            "UV_LINK_MODE": "copy",
            "UV_NO_PROGRESS": "1",
            "UV_PYTHON": str(python),
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_PROJECT_ENVIRONMENT": str(build.app / TARGET),
            "UV_NO_MANAGED_PYTHON": "1",
            # For sysconfig without a sandbox: what it names is at /app.
            "CPATH": str(next((build.app / TARGET).glob("include/python3.*"), python.parent)),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "DEB_PYTHON_INSTALL_LAYOUT": "deb_system",
        }
    )


_KEPT = 400
"""Lines of uv that are kept: a compiler's log stands between its `error:` and the cause."""

_PIP = ("pip", "install", "--no-color", "--break-system-packages")


def _pip(app: Path) -> Plan:
    lines = requirements.read(app)
    local = next((line for line in lines if line.local), None)
    return Plan(
        shown="uv pip install -r requirements.txt",
        arguments=(*_PIP, "-r", "requirements.txt"),
        lines=lines,
        sources={
            name: (app / name).read_text(encoding="utf-8", errors="replace") for name in {line.file for line in lines}
        },
        local=f"{local.file}:{local.number} installs from the app itself" if local else None,
    )


def _pipenv(app: Path) -> Plan:
    text = pipfile.requirements(app)
    return Plan(
        shown="uv pip install from Pipfile.lock",
        arguments=(*_PIP, "--no-deps", "-r", "@pipfile-lock.txt@"),
        files={"pipfile-lock.txt": text},
        local="Pipfile.lock installs from the app itself" if "\n." in f"\n{text}" else None,
    )


def _poetry(app: Path) -> Plan:
    locked = poetry.read(app)
    return Plan(
        shown="uv pip install from poetry.lock",
        arguments=(*_PIP, "-r", "@poetry-main.txt@", "-c", "@poetry-lock.txt@"),
        files={"poetry-main.txt": locked.requirements, "poetry-lock.txt": locked.constraints},
        own=(*_PIP, "--no-deps", ".") if locked.package else (),
        local="poetry.lock installs from the app itself" if "@ ./" in locked.requirements else None,
    )


def _uv(app: Path) -> Plan:
    sync = ("sync", "--no-color", "--locked", "--no-default-groups", "--no-editable", "--inexact")
    names = uvlock.local(app)
    left_out = [word for name in names for word in ("--no-install-package", name)]
    return Plan(
        shown="uv sync --locked --no-default-groups",
        arguments=(*sync, *left_out),
        own=sync if names else (),
    )


def _project(app: Path) -> Plan:
    if "[build-system]" in (app / "pyproject.toml").read_text(encoding="utf-8"):
        return Plan(shown="uv pip install .", arguments=(*_PIP, "."), local="pyproject.toml installs the app itself")
    return Plan(shown="uv pip install -r pyproject.toml", arguments=(*_PIP, "-r", "pyproject.toml"))


def _setup(app: Path) -> Plan:
    del app
    return Plan(shown="uv pip install .", arguments=(*_PIP, "."), local="setup.py installs the app itself")


_PLANNERS: dict[str, Callable[[Path], Plan]] = {
    "pip": _pip,
    "Pipenv": _pipenv,
    "Poetry": _poetry,
    "uv": _uv,
    "pyproject.toml": _project,
    "setup.py": _setup,
}
