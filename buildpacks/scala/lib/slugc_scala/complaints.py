"""What sbt says when it fails, told to the app's author: file and line, what was found, what to do."""

import re
from collections.abc import Sequence
from pathlib import Path

from slugc_buildpack.problems import Problem
from slugc_jvm.complaints import Case, compiler, judged, release, unreachable
from slugc_jvm.runtime import Java


def sbt(tail: Sequence[str], app: Path, java: Java) -> Problem:
    case = Case(tail, app, java, file="build.sbt", tool="sbt", language="scala")
    return judged(case, (release, _definition, compiler, unreachable, _unknown, _no_stage, _task))


def _definition(case: Case) -> Problem | None:
    """A .sbt file that is no Scala."""
    match = re.search(r"(/\S+\.sbt)\]?:\[?(\d+)\]?:? ?(?:error: )?(.*)", case.text)
    if match is None:
        return None
    path = case.shown(match[1])
    source = case.app / path
    lines = source.read_text(encoding="utf-8", errors="replace").splitlines() if source.is_file() else []
    number = int(match[2])
    shown = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return Problem(
        f"sbt cannot understand {path}",
        code="scala.broken-build-definition",
        file=path,
        line=number,
        evidence="\n".join(text for text in (shown, match[3].strip()) if text),
        next_step="Correct that place, and try it with: sbt reload",
    )


def _unknown(case: Case) -> Problem | None:
    match = re.search(
        r"(?:Error downloading|not found:|unresolved dependency:) ([\w.-]+)[:#]([\w.-]+)[:;]([\w.-]+)", case.text
    )
    if match is None:
        return None
    name = re.sub(r"_(?:2\.\d+|3)(?:_1\.0)?$", "", match[2])
    plugins = case.app / "project/plugins.sbt"
    file = "build.sbt"
    if plugins.is_file() and f'"{name}"' in plugins.read_text(encoding="utf-8", errors="replace"):
        case.file = file = "project/plugins.sbt"
    return Problem(
        f"No repository has {match[1]}:{match[2]}:{match[3]}",
        code="scala.unknown-dependency",
        file=file,
        line=case.line_of(f'"{name}"'),
        evidence=match[0],
        next_step="Check its spelling and its version, that it exists for this scalaVersion (%% adds it to the name),\n"
        "and that `resolvers` names the place where it lies.",
    )


def _no_stage(case: Case) -> Problem | None:
    if not re.search(r"Not a valid (?:command|key): (?:\w+/)?stage\b|Not a valid key: stage", case.text):
        return None
    return Problem(
        "The app has no task `stage`",
        code="scala.no-stage",
        file="build.sbt",
        evidence=next(line for line in case.lines if "Not a valid" in line),
        next_step='Write addSbtPlugin("com.github.sbt" % "sbt-native-packager" % "1.10.4") to project/plugins.sbt\n'
        "and enablePlugins(JavaAppPackaging) to build.sbt; or name other tasks in the config var SBT_TASKS.",
    )


def _task(case: Case) -> Problem | None:
    match = re.search(r"Not a valid (?:command|key|project ID): ([^\n]+)", case.text)
    if match is None:
        return None
    return Problem(
        f"sbt knows no {match[1].split(' ')[0]}",
        code="scala.unknown-task",
        file="build.sbt",
        evidence=match[0],
        next_step="Correct the config vars SBT_TASKS, SBT_PRE_TASKS or SBT_PROJECT, or unset them.",
    )
