"""requirements.txt and every file it includes: digests, names, and the lines that install from the app itself."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack.problems import Problem

_INCLUDE = re.compile(r"(?:-r|--requirement|-c|--constraint)[ =]*(\S+)")
_LOCAL = re.compile(r"(?:-e|--editable)[ =]|\.{0,2}/|\.(?:\[|$)|file:(?!//)|.*@ *(?:file:|\.)")
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    file: str
    """Relative to the app."""
    number: int
    text: str

    @property
    def project(self) -> str | None:
        match = _NAME.match(self.text)
        return canonical(match[1]) if match else None

    @property
    def local(self) -> bool:
        """True where it installs from a folder or file: its contents are not pinned by this line."""
        return bool(_LOCAL.match(self.text))


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read(app: Path, name: str = "requirements.txt") -> list[Line]:
    """The lines that say something, with those of included files. Raises Problem for a file that is not there."""
    return list(_read(app, app / name, None, set()))


def digest(app: Path, lines: list[Line]) -> str:
    """sha256 over the included files. Comments count: telling them apart from URLs is not worth a wrong cache."""
    total = hashlib.sha256()
    for name in sorted({line.file for line in lines} | {"requirements.txt"}):
        total.update(f"{name}\0".encode() + (app / name).read_bytes() + b"\0")
    return total.hexdigest()


def find(lines: Sequence[Line], project: str) -> Line | None:
    return next((line for line in lines if line.project == canonical(project)), None)


def variables(lines: list[Line]) -> list[str]:
    """Names of `${NAME}` in the lines: config vars that the installer must see."""
    return sorted({name for line in lines for name in re.findall(r"\$\{([A-Z0-9_]+)\}", line.text)})


def _read(app: Path, path: Path, asked: Line | None, seen: set[Path]) -> Iterator[Line]:
    if path in seen:
        return
    seen.add(path)
    if not path.is_file():
        raise Problem(
            "An included requirements file does not exist",
            code="python.no-included-file",
            file=asked.file if asked else path.name,
            line=asked.number if asked else None,
            evidence=asked.text if asked else "",
            next_step="Commit that file, or remove the line.",
        )
    name = str(path.relative_to(app))
    for number, text in _logical_lines(path):
        line = Line(file=name, number=number, text=text)
        yield line
        match = _INCLUDE.match(text)
        if match and "://" not in match[1]:
            included = (path.parent / match[1]).resolve()
            if included.is_relative_to(app.resolve()):
                yield from _read(app, app / included.relative_to(app.resolve()), line, seen)
            elif not included.is_file():
                yield from _read(app, included, line, seen)


def _logical_lines(path: Path) -> Iterator[tuple[int, str]]:
    kept, start = "", 0
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    for number, raw in enumerate(text.splitlines(), 1):
        start = start or number
        if raw.endswith("\\"):
            kept += raw[:-1] + " "
            continue
        whole = re.sub(r"(^|\s)#.*", "", kept + raw).strip()
        if whole:
            yield start, whole
        kept, start = "", 0
