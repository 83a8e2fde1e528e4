"""What Maven and Gradle say when they fail, told to the app's author: file and line, what was found, what to do."""

import re
from collections.abc import Sequence
from pathlib import Path

from slugc_buildpack.problems import Problem
from slugc_jvm.complaints import Case, compiler, judged, release, unreachable
from slugc_jvm.runtime import Java


def maven(tail: Sequence[str], app: Path, java: Java) -> Problem:
    case = Case(tail, app, java, file="pom.xml", tool="Maven", language="java")
    return judged(case, (release, _model, compiler, unreachable, _unknown, _goal, _tests))


def gradle(tail: Sequence[str], app: Path, java: Java) -> Problem:
    file = next((name for name in ("build.gradle", "build.gradle.kts") if (app / name).is_file()), "gradlew")
    case = Case(tail, app, java, file=file, tool="Gradle", language="java")
    return judged(
        case, (release, _gradle_script, compiler, _gradle_distribution, unreachable, _gradle_unknown, _gradle_task)
    )


def _model(case: Case) -> Problem | None:
    """A POM that is XML and still no POM."""
    match = re.search(
        r"(?:Malformed POM|Non-parseable POM) \S+: (.*?)(?: \(position.*?)? ?@(?:[^,\n]*, )?(?:line )?(\d+)[:,]",
        case.text,
    ) or re.search(
        r"\[ERROR\] ('[\w.\[\]-]+' .*?|Child module .*? does not exist)(?: @ (?:[^,\n]+, )?line (\d+)|(?= ?@|\n|$))",
        case.text,
    )
    if match is None:
        return None
    what = match[1].replace(f"{case.app}/", "")
    line = int(match[2]) if match[2] else case.line_of("<module>" if "module" in what else "")
    path = case.app / "pom.xml"
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    shown = lines[line - 1].strip() if line and line <= len(lines) else ""
    return Problem(
        "Maven cannot understand pom.xml",
        code="java.broken-pom",
        file="pom.xml",
        line=line,
        evidence="\n".join(text for text in (shown, what) if text),
        next_step="Correct that place, and try it with: mvn validate",
    )


def _unknown(case: Case) -> Problem | None:
    match = re.search(
        r"Could not find artifact ([\w.-]+):([\w.-]+):(?:[\w.-]+:)?([\w.${}-]+)(?: in (\S+))?"
        r"|Plugin ([\w.-]+):([\w.-]+):(\S+) or one of its dependencies could not be resolved"
        r"|([\w.-]+):([\w.-]+):[\w.-]+:([\w.-]+) was not found in",
        case.text,
    )
    if match is None:
        return None
    group, name, version = next(match.group(*trio) for trio in ((1, 2, 3), (5, 6, 7), (8, 9, 10)) if match[trio[0]])
    return Problem(
        f"No repository has {group}:{name}:{version}",
        code="java.unknown-dependency",
        file="pom.xml",
        line=case.line_of(f"<artifactId>{name}</artifactId>"),
        evidence=match[0],
        next_step="Check its spelling and its version. Where it lies in a repository of your own, name that in\n"
        "<repositories> of pom.xml, with its password in a settings.xml (MAVEN_SETTINGS_PATH).",
    )


def _goal(case: Case) -> Problem | None:
    match = re.search(r"Unknown lifecycle phase \"([^\"]+)\"|No plugin found for prefix '([^']+)'", case.text)
    if match is None:
        return None
    return Problem(
        f"Maven knows no goal {match[1] or match[2]}",
        code="java.unknown-goal",
        evidence=match[0],
        next_step="Correct the config var MAVEN_CUSTOM_GOALS (its default: clean install), or unset it.",
    )


def _tests(case: Case) -> Problem | None:
    if "There are test failures" not in case.text:
        return None
    return Problem(
        "Tests of the app failed",
        code="java.tests-failed",
        file="pom.xml",
        evidence="\n".join(
            line.removeprefix("[ERROR]").strip() for line in case.lines if "FAIL" in line or "Tests run" in line
        )[:1000],
        next_step="Correct them, or leave them out of the build: unset MAVEN_CUSTOM_OPTS (its default: -DskipTests).",
    )


def _gradle_script(case: Case) -> Problem | None:
    match = re.search(r"(?:Build|Settings|Script) file '([^']+)' line: (\d+)", case.text)
    if match is None:
        return None
    wrong = re.search(r"\* What went wrong:\n(.*?)\n\n", case.text, re.DOTALL)
    return Problem(
        "Gradle cannot understand a script of the app",
        code="java.broken-gradle-script",
        file=case.shown(match[1]),
        line=int(match[2]),
        evidence=wrong[1] if wrong else match[0],
        next_step="Correct that place, and try it with: ./gradlew help",
    )


def _gradle_distribution(case: Case) -> Problem | None:
    match = re.search(r"Downloading (\S+/gradle-\S+\.zip)", case.text)
    if match is None or "Exception" not in case.text:
        return None
    wrong = next((line for line in case.lines if "Exception" in line), "")
    return Problem(
        "The wrapper cannot fetch its Gradle",
        code="java.gradle-unavailable",
        file="gradle/wrapper/gradle-wrapper.properties",
        evidence=f"{match[1]}\n{wrong}",
        next_step="Check distributionUrl there, and that this machine reaches it. A copy of the zip may lie on any\n"
        "server, or in the app: distributionUrl takes a path relative to that file.",
    )


def _gradle_unknown(case: Case) -> Problem | None:
    match = re.search(r"Could not find ([\w.-]+:[\w.-]+:[\w.-]+)\.", case.text)
    if match is None:
        return None
    return Problem(
        f"No repository has {match[1]}",
        code="java.unknown-dependency",
        file=case.file,
        line=case.line_of(match[1].rpartition(":")[0]),
        evidence=match[0],
        next_step="Check its spelling and its version, and that `repositories` names the place where it lies.",
    )


def _gradle_task(case: Case) -> Problem | None:
    match = re.search(r"Task '([^']+)' not found[^\n]*", case.text)
    if match is None:
        return None
    return Problem(
        f"The app has no Gradle task {match[1]}",
        code="java.unknown-goal",
        file=case.file,
        evidence=match[0],
        next_step="Correct the config var GRADLE_TASK, or unset it: `stage` runs where the app has it, else `build`.",
    )
