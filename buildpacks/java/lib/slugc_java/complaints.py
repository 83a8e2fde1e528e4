"""What Maven and Gradle say when they fail, told to the app's author: file and line, what was found, what to do."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from slugc_buildpack.problems import Problem
from slugc_jvm.requested import FILE, KEY
from slugc_jvm.runtime import Java

_UNREACHABLE = (
    *("Connection refused", "Unknown host", "UnknownHostException", "Connect timed out", "connect timed out"),
    *("Network is unreachable", "Temporary failure in name resolution", "Name or service not known"),
    *("in offline mode", "PKIX path building failed", "No route to host"),
)
_COMPILER = re.compile(
    r"(?:\[ERROR\] )?(?P<path>/\S+\.(?:java|kt|groovy|scala)):\[?(?P<line>\d+)[,:](?:\d+\]?)? (?:error: )?(?P<what>.+)"
)


class Case:
    """A failed build tool: its last lines, and what they speak of."""

    def __init__(self, tail: Sequence[str], app: Path, java: Java, *, file: str, tool: str) -> None:
        # Colours and the label of each line only hide the sentence.
        self.lines = [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in tail]
        self.text = "\n".join(self.lines)
        self.app, self.java, self.file, self.tool = app, java, file, tool

    def shown(self, path: str) -> str:
        """Relative to the app."""
        return str(Path(path).relative_to(self.app)) if Path(path).is_relative_to(self.app) else path

    def line_of(self, text: str) -> int | None:
        path = self.app / self.file
        if not text or not path.is_file():
            return None
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        return next((number for number, line in enumerate(lines, 1) if text in line), None)

    def errors(self, most: int = 8) -> str:
        told = [
            line.removeprefix("[ERROR]").strip() for line in self.lines if line.startswith(("[ERROR]", "error:", "> "))
        ]
        kept = [
            line for line in told if line and not line.startswith(("->", "To see the full", "Re-run Maven", "For more"))
        ]
        return "\n".join(kept[:most])


def maven(tail: Sequence[str], app: Path, java: Java) -> Problem:
    case = Case(tail, app, java, file="pom.xml", tool="Maven")
    return _judged(case, (release, _model, compiler, unreachable, _unknown, _goal, _tests))


def gradle(tail: Sequence[str], app: Path, java: Java) -> Problem:
    file = next((name for name in ("build.gradle", "build.gradle.kts") if (app / name).is_file()), "gradlew")
    case = Case(tail, app, java, file=file, tool="Gradle")
    return _judged(
        case, (release, _gradle_script, compiler, _gradle_distribution, unreachable, _gradle_unknown, _gradle_task)
    )


def _judged(case: Case, judges: Sequence[Callable[[Case], Problem | None]]) -> Problem:
    found = next((told for judge in judges if (told := judge(case)) is not None), None)
    return found or Problem(
        f"{case.tool} could not build the app",
        code="java.build-failed",
        file=case.file,
        evidence=case.errors() or "\n".join(case.lines[-8:]),
        next_step=f"Correct what {case.tool} names in the lines above, then build again.",
    )


def release(case: Case) -> Problem | None:
    match = re.search(
        r"(?:release version|invalid (?:target|source) release:?|invalid source release:?) '?(\d+)'?(?: not supported)?"
        r"|class file has wrong version (\d+)\.\d+|UnsupportedClassVersionError.*?class file version (\d+)",
        case.text,
    )
    if match is None:
        return None
    wanted = match[1] or str(int(match[2] or match[3]) - 44)
    return Problem(
        f"The app is written for Java {wanted}, and this build has Java {case.java.version}",
        code="java.release-not-supported",
        file=case.file,
        line=case.line_of(f">{wanted}<"),
        evidence=match[0],
        next_step=f"Write {KEY}={wanted} to {FILE}, or lower the release that {case.file} names.",
    )


def compiler(case: Case) -> Problem | None:
    """The first place that a compiler names."""
    match = next((found for line in case.lines if (found := _COMPILER.match(line))), None)
    if match is None:
        return None
    places = [found for line in case.lines if (found := _COMPILER.match(line))]
    others = list(dict.fromkeys(f"{case.shown(one['path'])}:{one['line']}: {one['what']}" for one in places))[:5]
    path = case.shown(match["path"])
    source = case.app / path
    lines = source.read_text(encoding="utf-8", errors="replace").splitlines() if source.is_file() else []
    number = int(match["line"])
    shown = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return Problem(
        "The source does not compile",
        code="java.compilation-failed",
        file=path,
        line=number,
        evidence="\n".join([line for line in (shown, match["what"]) if line] + others[1:]),
        next_step="Correct that place. If it compiles on your machine, compare the Java versions:\n"
        f"this build has {case.java.version}; {FILE} can ask for another.",
    )


def unreachable(case: Case) -> Problem | None:
    line = next((line for line in case.lines if any(sign in line for sign in _UNREACHABLE)), None)
    if line is None:
        return None
    return Problem(
        "A repository that a dependency comes from cannot be reached",
        code="java.repository-unreachable",
        file=case.file,
        evidence=line.removeprefix("[ERROR]").strip()[:600],
        next_step="Check the network of this machine and the address above; MAVEN_MIRROR_URL names another repository.",
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
