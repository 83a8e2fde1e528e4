"""Which Python does the app ask for, and in which of its files?

runtime.txt, .python-version, Pipfile.lock, then the range of uv.lock, poetry.lock or pyproject.toml, then the
version of the last build, then the stack's own series. The first that says something decides.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slugc_buildpack import versions
from slugc_buildpack.problems import Problem
from slugc_buildpack.stack import Stack
from slugc_buildpack.versions import Exactly, Range, Series, Spec
from slugc_python import series as known

_EXAMPLE = "Write one line with a series, for example 3.13, so that every build gets its newest security fix."


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    spec: Spec
    origin: str | None
    """The app's file that asks; None for the default and for the version of the last build."""
    line: int | None = None
    sticky: bool = False


@dataclass(frozen=True, slots=True)
class Both:
    """A range, narrowed to the preferred series that it admits."""

    text: str
    wide: Spec
    narrow: Spec

    def admits(self, version: str) -> bool:
        return self.wide.admits(version) and self.narrow.admits(version)


def python(app: Path, stack: Stack, *, last: str | None) -> Request:
    """last: the version in the cache. Raises Problem for files that cannot be understood, and for series that
    are too old or not known."""
    exact = _runtime_txt(app) or _python_version(app) or _pipfile_lock(app)
    wide = _range(app)
    if exact is not None:
        _refuse_conflict(exact, wide)
        return exact
    sticky = ".".join(last.split(".")[:2]) if last else None
    preferred = [name for name in (sticky, known.default(stack)) if name is not None]
    if wide is None:
        return Request(spec=Series(preferred[0]), origin=None, sticky=sticky is not None)
    candidates = [*preferred, *reversed(known.KNOWN)]
    chosen = next((name for name in candidates if _admits_some(wide.spec, name)), None)
    if chosen is None:
        raise Problem(
            f"No Python that this buildpack knows satisfies {wide.spec.text}",
            code="python.version-unknown",
            file=wide.origin,
            line=wide.line,
            evidence=f"requires-python = {wide.spec.text}",
            next_step=f"Widen it to admit one of {', '.join(known.KNOWN)}.",
        )
    both = Both(text=f"{chosen} ({wide.spec.text})", wide=wide.spec, narrow=Series(chosen))
    return Request(spec=both, origin=wide.origin, line=wide.line)


def _runtime_txt(app: Path) -> Request | None:
    path = app / "runtime.txt"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8-sig", errors="replace").strip()
    if not re.fullmatch(r"python-\d+\.\d+(\.\d+)?", text):
        raise Problem(
            "The Python version in runtime.txt is not written as it must be",
            code="python.version-malformed",
            file="runtime.txt",
            line=1,
            evidence=text or "(an empty file)",
            next_step="Write python-3.13 there, or better: delete runtime.txt and write 3.13 to .python-version.",
        )
    return _request(text.removeprefix("python-"), "runtime.txt", 1)


def _python_version(app: Path) -> Request | None:
    path = app / ".python-version"
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    found = [
        (number, line.partition("#")[0].strip())
        for number, line in enumerate(lines, 1)
        if line.partition("#")[0].strip()
    ]
    if len(found) != 1:
        raise Problem(
            "More than one Python version is asked for" if found else "No Python version stands in .python-version",
            code="python.version-malformed",
            file=".python-version",
            line=found[1][0] if found else None,
            evidence="\n".join(text for _, text in found) or "(nothing but comments and empty lines)",
            next_step=_EXAMPLE,
        )
    line, text = found[0]
    if not re.fullmatch(r"(python-)?\d+\.\d+(\.\d+)?", text):
        raise Problem(
            "The Python version in .python-version is not written as it must be",
            code="python.version-malformed",
            file=".python-version",
            line=line,
            evidence=text,
            next_step=_EXAMPLE,
        )
    return _request(text.removeprefix("python-"), ".python-version", line)


def _pipfile_lock(app: Path) -> Request | None:
    path = app / "Pipfile.lock"
    if not path.is_file():
        return None
    try:
        requires = json.loads(path.read_text(encoding="utf-8")).get("_meta", {}).get("requires", {})
    except (ValueError, AttributeError):
        return None  # the package manager's own check says what is wrong with the file
    text = requires.get("python_full_version") or requires.get("python_version")
    return _request(str(text), "Pipfile.lock", None) if text else None


def _range(app: Path) -> Request | None:
    for name, keys in (
        ("uv.lock", ("requires-python",)),
        ("poetry.lock", ("metadata", "python-versions")),
        ("pyproject.toml", ("project", "requires-python")),
        ("pyproject.toml", ("tool", "poetry", "dependencies", "python")),
    ):
        text = _at(app / name, keys)
        if not isinstance(text, str) or not text.strip():
            continue
        try:
            return Request(spec=Range(text.strip()), origin=name, line=_line_of(app / name, keys[-1]))
        except ValueError as error:
            raise Problem(
                f"The range of Python versions in {name} cannot be understood",
                code="python.version-malformed",
                file=name,
                line=_line_of(app / name, keys[-1]),
                evidence=text,
                next_step=f"Correct {error}: a range looks like >=3.11,<3.14.",
            ) from error
    return None


def _request(text: str, origin: str, line: int | None) -> Request:
    numbers = versions.numbers(text)
    trouble = known.problem(text) if len(numbers) > 1 else "unknown"
    if trouble == "ended":
        raise Problem(
            f"Python {text} has reached its end of life",
            code="python.version-ended",
            file=origin,
            line=line,
            evidence=text,
            next_step=f"It gets no security fixes. Ask for one of {', '.join(known.KNOWN[1:])}.",
        )
    if trouble == "unknown":
        raise Problem(
            f"Python {text} is not known to this buildpack",
            code="python.version-unknown",
            file=origin,
            line=line,
            evidence=text,
            next_step=f"Ask for one of {', '.join(known.KNOWN)}.",
        )
    return Request(spec=Exactly(text) if len(numbers) > 2 else Series(text), origin=origin, line=line)


def _refuse_conflict(exact: Request, wide: Request | None) -> None:
    if wide is None or wide.origin == exact.origin:
        return
    text = exact.spec.text
    if wide.spec.admits(text) if isinstance(exact.spec, Exactly) else _admits_some(wide.spec, text):
        return
    raise Problem(
        "The app asks for two Python versions that exclude each other",
        code="python.version-conflict",
        file=exact.origin,
        line=exact.line,
        evidence=f"{exact.origin} asks for {text}\n{wide.origin} asks for {wide.spec.text}",
        next_step=f"Change {exact.origin} to a version that {wide.spec.text} admits, or widen {wide.origin}.",
    )


def _admits_some(spec: Spec, series: str) -> bool:
    return any(spec.admits(f"{series}.{patch}") for patch in range(100))


def _at(path: Path, keys: tuple[str, ...]) -> Any:
    try:
        found: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # who installs from it reports it
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _line_of(path: Path, key: str) -> int | None:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.strip().startswith(key)), None)
