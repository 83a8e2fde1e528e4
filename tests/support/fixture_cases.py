"""expect.toml as a value. docs/reference/fixtures.md describes the format; an unknown key is an error."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2] / "fixtures"


@dataclass(frozen=True, kw_only=True)
class Prepare:
    commands: Sequence[Sequence[str]] = ()
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Needs:
    programs: Sequence[str] = ()
    host_python: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Serve:
    folder: str
    variable: str


@dataclass(frozen=True, kw_only=True)
class Build:
    buildpacks: Sequence[str] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    runtime_source: str | None = None
    timeout: float = 900.0


@dataclass(frozen=True, kw_only=True)
class Detect:
    name: str


@dataclass(frozen=True, kw_only=True)
class Transcript:
    contains: Sequence[str] = ()
    absent: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Failure:
    code: str
    contains: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Http:
    path: str = "/"
    status: int = 200
    contains: str = ""
    process: str = "web"
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Run:
    command: Sequence[str]
    exit: int = 0
    contains: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rebuild:
    files: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] | None = None
    contains: Sequence[str] = ()
    absent: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Slug:
    deterministic: bool = False
    runtimes: Sequence[str] = ()
    addons: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    about: str
    folder: Path
    needs: Needs = field(default_factory=Needs)
    prepare: Prepare = field(default_factory=Prepare)
    serve: Serve | None = None
    build: Build = field(default_factory=Build)
    detect: Detect | None = None
    processes: Mapping[str, str] = field(default_factory=dict)
    transcript: Transcript = field(default_factory=Transcript)
    error: Failure | None = None
    http: Sequence[Http] = ()
    run: Sequence[Run] = ()
    rebuild: Sequence[Rebuild] = ()
    slug: Slug = field(default_factory=Slug)

    @property
    def app(self) -> Path:
        return self.folder / "app"


_TABLES: Mapping[str, type] = {
    "needs": Needs,
    "prepare": Prepare,
    "serve": Serve,
    "build": Build,
    "detect": Detect,
    "transcript": Transcript,
    "error": Failure,
    "slug": Slug,
}
_LISTS: Mapping[str, type] = {"http": Http, "run": Run, "rebuild": Rebuild}


def cases() -> list[Case]:
    return [read(path.parent) for path in sorted(ROOT.glob("*/expect.toml"))]


def read(folder: Path) -> Case:
    """Raises ValueError for a key that this format does not know."""
    document = tomllib.loads((folder / "expect.toml").read_text(encoding="utf-8"))
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key in _TABLES:
            values[key] = _made(_TABLES[key], value, f"{folder.name}: [{key}]")
        elif key in _LISTS:
            values[key] = tuple(_made(_LISTS[key], item, f"{folder.name}: [[{key}]]") for item in value)
        elif key in {"about", "processes"}:
            values[key] = value
        else:
            raise ValueError(f"{folder.name}: unknown key {key}")
    return Case(name=folder.name, folder=folder, **values)


def _made(kind: type, value: Mapping[str, Any], place: str) -> Any:
    known = {each.name for each in fields(kind)}
    unknown = set(value) - known
    if unknown:
        raise ValueError(f"{place}: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
    return kind(**value)
