"""poetry.lock for uv: the main dependencies as requirements, everything locked as constraints with hashes.

uv resolves again inside these constraints, so markers and extras of the locked packages are its own business
and cannot be read wrongly here; the lock file leaves it no choice of versions.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slugc_buildpack.problems import Problem
from slugc_buildpack.versions import Range
from slugc_python.requirements import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    requirements: str
    constraints: str
    package: bool
    """Whether the app is a package too, which Poetry would install beside its dependencies."""


def read(app: Path) -> Locked:
    """Raises Problem for files that are broken, or a lock file older than pyproject.toml."""
    project = _toml(app, "pyproject.toml")
    lock = _toml(app, "poetry.lock")
    packages = [package for package in lock.get("package", []) if isinstance(package, dict) and "name" in package]
    # Beside a [project] table, [tool.poetry.dependencies] only says more of the same names: a source, a path.
    direct = {**_of_poetry(project), **_of_project(project)}
    _refuse_outdated(direct, packages)
    sources = {canonical(str(p["name"])): p for p in packages if _url(p)}
    wanted = []
    for name, (extras, marker, _) in sorted(direct.items()):
        address = f" @ {_url(sources[name])}" if name in sources else ""
        wanted.append(f"{name}{extras}{address}{f' ; {marker}' if marker else ''}")
    indexes = sorted({f"--extra-index-url {p['source']['url']}" for p in packages if _kind(p) == "legacy"})
    pins = [_pin(package) for package in packages if not _url(package)]
    return Locked(
        requirements="\n".join([*indexes, *wanted]) + "\n",
        constraints="\n".join(sorted(pins)) + "\n",
        package=_is_package(app, project),
    )


_Direct = dict[str, tuple[str, str, str]]
"""Canonical name -> (extras in brackets, marker, version range)."""


def _of_project(project: dict[str, Any]) -> _Direct:
    found: _Direct = {}
    for text in project.get("project", {}).get("dependencies", []):
        requirement, _, marker = str(text).partition(";")
        name = requirement.strip()
        for stop in "[(<>=!~@ ":
            name = name.partition(stop)[0]
        extras = requirement[requirement.index("[") : requirement.index("]") + 1] if "[" in requirement else ""
        ranges = (
            requirement.partition("@")[0].partition("]")[2]
            if extras
            else requirement.partition("@")[0].strip()[len(name) :]
        )
        found[canonical(name)] = (extras, marker.strip(), ranges.strip(" ()"))
    return found


def _of_poetry(project: dict[str, Any]) -> _Direct:
    poetry = project.get("tool", {}).get("poetry", {})
    tables = [poetry.get("dependencies", {}), poetry.get("group", {}).get("main", {}).get("dependencies", {})]
    found: _Direct = {}
    for name, value in [pair for table in tables for pair in table.items()]:
        if name == "python":
            continue
        entries = value if isinstance(value, list) else [value]
        entry = entries[0] if isinstance(entries[0], dict) else {"version": entries[0]}
        if entry.get("optional"):
            continue
        extras = f"[{','.join(entry['extras'])}]" if entry.get("extras") else ""
        # Several entries differ by Python version or platform: the locked package's own markers decide.
        marker = str(entry.get("markers", "")) if len(entries) == 1 else ""
        ranges = str(entry.get("version", "")) if len(entries) == 1 else ""
        found[canonical(name)] = (extras, marker, ranges)
    return found


def _is_package(app: Path, project: dict[str, Any]) -> bool:
    """False too where Poetry would look for a module in vain: many apps keep the package mode that `poetry new`
    wrote and have no package, and what they start lies in the root folder anyway."""
    poetry = project.get("tool", {}).get("poetry", {})
    name = str(project.get("project", {}).get("name") or poetry.get("name") or "")
    if not poetry.get("package-mode", True) or "build-system" not in project or not name:
        return False
    module = canonical(name).replace("-", "_")
    places = [app / folder / f"{module}{suffix}" for folder in ("", "src") for suffix in ("", ".py")]
    return bool(poetry.get("packages")) or any(path.exists() for path in places)


def _refuse_outdated(direct: _Direct, packages: list[dict[str, Any]]) -> None:
    locked: dict[str, list[str]] = {}
    for package in packages:
        locked.setdefault(canonical(str(package["name"])), []).append(str(package.get("version", "")))
    for name, (_, _, ranges) in direct.items():
        if name not in locked:
            raise _outdated(f"{name} {ranges}".strip() + " is in pyproject.toml and not in poetry.lock")
        if ranges and not any(_admits(ranges, version) for version in locked[name]):
            raise _outdated(f"pyproject.toml wants {name} {ranges}, poetry.lock has {', '.join(locked[name])}")


def _admits(ranges: str, version: str) -> bool:
    try:
        return Range(ranges).admits(version)
    except ValueError:
        return True  # a grammar that only Poetry knows: uv's own resolution is the judge then


def _outdated(evidence: str) -> Problem:
    return Problem(
        "pyproject.toml was changed after poetry.lock was made",
        code="python.outdated-lock-file",
        file="poetry.lock",
        evidence=evidence,
        next_step="Run: poetry lock\nand commit poetry.lock.",
    )


def _pin(package: dict[str, Any]) -> str:
    markers = package.get("markers", "")
    if isinstance(markers, dict):  # one marker for each group
        markers = markers.get("main", "")
    marker = f" ; {markers}" if markers else ""
    hashes = "".join(f" --hash={file['hash']}" for file in package.get("files", []) if "hash" in file)
    return f"{package['name']}=={package['version']}{marker}{hashes}"


def _kind(package: dict[str, Any]) -> str:
    return str(package.get("source", {}).get("type", ""))


def _url(package: dict[str, Any]) -> str:
    """The address of a package that comes from no index; empty for the others."""
    source = package.get("source", {})
    address = str(source.get("url", ""))
    match source.get("type"):
        case "git":
            inner = f"#subdirectory={source['subdirectory']}" if source.get("subdirectory") else ""
            return f"git+{address}@{source.get('resolved_reference', 'HEAD')}{inner}"
        case "url":
            return address
        case "directory" | "file":
            return f"./{address}" if not address.startswith(("/", ".")) else address
        case _:
            return ""


def _toml(app: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads((app / name).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem(
            f"{name} is not valid TOML",
            code="python.broken-lock-file" if name == "poetry.lock" else "python.broken-pyproject",
            file=name,
            evidence=str(error),
            next_step="Make it again: poetry lock\nand commit it. A merge conflict may have been committed."
            if name == "poetry.lock"
            else "Correct that place.",
        ) from error
