"""What can be told from the files alone, before anything is downloaded."""

import re
from pathlib import Path

from slugc_buildpack import versions
from slugc_buildpack.problems import Problem
from slugc_jvm import properties

FILE = "project/build.properties"
_EXAMPLE = "1.10.7"


def sbt_version(app: Path) -> str:
    """What project/build.properties pins. Raises Problem where it pins nothing, or what this buildpack cannot run."""
    path = app / FILE
    found = properties.parse(path.read_text(encoding="utf-8-sig", errors="replace")) if path.is_file() else {}
    if "sbt.version" not in found:
        raise Problem(
            "The app does not say which sbt builds it",
            code="scala.no-sbt-version",
            file=FILE,
            evidence="sbt.version is missing" if path.is_file() else "the file is missing",
            next_step=f"Write one line there: sbt.version={_EXAMPLE}",
        )
    text, line = found["sbt.version"]
    if not re.fullmatch(r"\d+\.\d+(\.\d+)?(-\w+)?", text):
        raise _wrong("The version of sbt is not written as it must be", "scala.sbt-version-malformed", text, line)
    if versions.numbers(text)[0] != 1:
        raise _wrong(f"sbt {text} is not supported", "scala.sbt-version-unsupported", text, line)
    return text


def _wrong(headline: str, code: str, text: str, line: int) -> Problem:
    return Problem(
        headline,
        code=code,
        file=FILE,
        line=line,
        evidence=f"sbt.version={text}",
        next_step=f"Write a version of the 1.x line there, for example sbt.version={_EXAMPLE}",
    )
