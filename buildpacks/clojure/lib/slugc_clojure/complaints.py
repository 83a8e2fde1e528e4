"""What Leiningen and tools.deps say when they fail, told to the app's author: file and line, evidence, next step."""

import re
from collections.abc import Sequence
from pathlib import Path

from slugc_buildpack.problems import Problem
from slugc_clojure.detection import LEIN
from slugc_jvm.complaints import Case, compiler, judged, release, unreachable
from slugc_jvm.runtime import Java


def clojure(tail: Sequence[str], app: Path, java: Java, file: str) -> Problem:
    case = Case(tail, app, java, file=file, tool="Leiningen" if file == LEIN else "tools.deps", language="clojure")
    return judged(case, (release, _task, _source, compiler, _edn, _unknown, unreachable))


def _source(case: Case) -> Problem | None:
    """`Syntax error ... compiling at (shop/main.clj:5:3).`, with the sentence that follows."""
    match = re.search(r"Syntax error[^\n]*? at \(?([^\s:()]+):(\d+):\d+\)?\.?\n?([^\n]*)", case.text)
    match = match or re.search(r"compiling:\(([^\s:()]+):(\d+):\d+\)()", case.text)
    if match is None:
        return None
    path = _place(case, match[1])
    source = case.app / path
    lines = source.read_text(encoding="utf-8", errors="replace").splitlines() if source.is_file() else []
    number = int(match[2])
    shown = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return Problem(
        "The source does not compile",
        code="clojure.compilation-failed",
        file=path,
        line=number,
        evidence="\n".join(text for text in (shown, match[3].strip()) if text),
        next_step="Correct that place. A name must be defined, or required by its namespace, before it is used.",
    )


def _place(case: Case, name: str) -> str:
    """A path of the class path -> a path of the app."""
    shown = case.shown(name)
    if not shown.startswith("/") and not (case.app / shown).is_file():
        found = next((path for path in sorted(case.app.rglob(shown)) if path.is_file()), None)
        return str(found.relative_to(case.app)) if found else shown
    return shown


def _unknown(case: Case) -> Problem | None:
    match = re.search(
        r"Could not find artifact ([\w.-]+):([\w.-]+):(?:[\w.-]+:)?([\w.-]+)"
        r"|Failure to find ([\w.-]+):([\w.-]+):(?:jar|pom):([\w.-]+)",
        case.text,
    )
    if match is None:
        return None
    group, name, version = match.groups()[:3] if match[1] else match.groups()[3:]
    symbol = name if group == name else f"{group}/{name}"
    return Problem(
        f"No repository has {symbol} {version}",
        code="clojure.unknown-dependency",
        file=case.file,
        line=case.line_of(str(symbol)),
        evidence=match[0],
        next_step="Check its spelling and its version. :repositories (project.clj) or :mvn/repos\n"
        "(deps.edn) names a repository of your own.",
    )


def _task(case: Case) -> Problem | None:
    match = re.search(r"'([^'\n]+)' is not a task\.[^\n]*|Task: '([^'\n]+)' not found[^\n]*", case.text)
    if match is None:
        return None
    return Problem(
        f"Leiningen knows no task {match[1] or match[2]}",
        code="clojure.unknown-task",
        file=case.file,
        evidence=match[0],
        next_step="Correct the config var LEIN_BUILD_TASK, or unset it.",
    )


def _edn(case: Case) -> Problem | None:
    match = re.search(
        r"(?:Error reading edn|Error building classpath|Bad coordinate|Coord of unknown type)[^\n]*", case.text
    )
    if match is None:
        return None
    return Problem(
        f"{case.file} cannot be understood",
        code="clojure.broken-project",
        file=case.file,
        evidence=match[0],
        next_step='Correct it. A dependency looks like: org.clojure/clojure {:mvn/version "1.12.0"}',
    )
