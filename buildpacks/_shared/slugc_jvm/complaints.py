"""What the JVM's build tools say alike when they fail: broken sources, unreachable repositories, another Java."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from slugc_buildpack.problems import Problem
from slugc_jvm.requested import FILE, KEY
from slugc_jvm.runtime import Java

_UNREACHABLE = (
    *("Connection refused", "Unknown host", "UnknownHostException", "Connect timed out", "connect timed out"),
    *("Network is unreachable", "Temporary failure in name resolution", "Name or service not known"),
    *("in offline mode", "PKIX path building failed", "No route to host", "transfer failed for"),
)
_COMPILER = re.compile(
    r"(?:\[(?:ERROR|error)\] (?:-- (?:\[\w+\] )?[\w ]+: )?)?(?P<path>/\S+\.(?:java|kt|groovy|scala))"
    r":\[?(?P<line>\d+)[,:](?:\d+\]?:?)? (?:error: )?(?P<what>.+)"
)


class Case:
    """A failed build tool: its last lines, and what they speak of."""

    def __init__(self, tail: Sequence[str], app: Path, java: Java, *, file: str, tool: str, language: str) -> None:
        # Colours and the label of each line only hide the sentence.
        self.lines = [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in tail]
        self.text = "\n".join(self.lines)
        self.app, self.java, self.file, self.tool, self.language = app, java, file, tool, language

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
            re.sub(r"^\[(?:ERROR|error)\]", "", line).strip()
            for line in self.lines
            if line.startswith(("[ERROR]", "[error]", "error:", "> "))
        ]
        kept = [
            line for line in told if line and not line.startswith(("->", "To see the full", "Re-run Maven", "For more"))
        ]
        return "\n".join(kept[:most])


def judged(case: Case, judges: Sequence[Callable[[Case], Problem | None]]) -> Problem:
    found = next((told for judge in judges if (told := judge(case)) is not None), None)
    return found or Problem(
        f"{case.tool} could not build the app",
        code=f"{case.language}.build-failed",
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
        code=f"{case.language}.release-not-supported",
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
        code=f"{case.language}.compilation-failed",
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
        code=f"{case.language}.repository-unreachable",
        file=case.file,
        evidence=line.removeprefix("[ERROR]").strip()[:600],
        next_step="Check the network of this machine and the address above; MAVEN_MIRROR_URL names another repository.",
    )
