"""Which Java does the app ask for? system.properties says so: java.runtime.version=17, or nobody does."""

import re
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack import versions
from slugc_buildpack.problems import Problem
from slugc_buildpack.versions import Exactly, Series, Spec
from slugc_jvm import properties

FILE = "system.properties"
KEY = "java.runtime.version"
LONG_TERM = ("8", "11", "17", "21", "25")
_FORM = re.compile(r"(?:(?:openjdk|zulu|heroku|temurin)-)?(?:1\.(8)(?:\.0)?(?:[._](\d+))?|(\d+(?:\.\d+)*))")
_EXAMPLE = f"Write {KEY}=17 there: a series gets its newest security fixes with every build."


@dataclass(frozen=True, slots=True)
class LongTerm:
    """Every series with long-term support; the first source that has some decides, so it is the stack's newest."""

    text: str = "the newest series in long-term support"

    def admits(self, version: str) -> bool:
        return version.partition(".")[0] in LONG_TERM


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    spec: Spec
    origin: str | None
    """The app's file that asks; None for the default and for the series of the last build."""
    line: int | None = None
    sticky: bool = False


def java(app: Path, *, last: str | None) -> Request:
    """last: the version of the last build. Raises Problem for what is no version."""
    found = read(app).get(KEY)
    if found is None:
        if last:
            return Request(spec=Series(last.partition(".")[0]), origin=None, sticky=True)
        return Request(spec=LongTerm(), origin=None)
    text, line = found
    match = _FORM.fullmatch(text)
    if match is None:
        raise Problem(
            f"The Java version in {FILE} is not written as it must be",
            code="java.version-malformed",
            file=FILE,
            line=line,
            evidence=f"{KEY}={text}",
            next_step=_EXAMPLE,
        )
    wanted = match[3] or ".".join(part for part in ("8.0", match[2]) if part and (match[2] or part != "8.0")) or "8"
    major = versions.numbers(wanted)[0]
    if major < 8:
        raise Problem(
            f"Java {wanted} is not known to this buildpack",
            code="java.version-unknown",
            file=FILE,
            line=line,
            evidence=f"{KEY}={text}",
            next_step=f"Ask for one of {', '.join(LONG_TERM)}.",
        )
    spec: Spec = Series(wanted) if "." not in wanted else Exactly(wanted)
    return Request(spec=spec, origin=FILE, line=line)


def read(app: Path) -> dict[str, tuple[str, int]]:
    """system.properties, empty where there is none."""
    path = app / FILE
    if not path.is_file():
        return {}
    return properties.parse(path.read_text(encoding="utf-8-sig", errors="replace"))
