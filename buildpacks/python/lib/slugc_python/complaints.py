"""What uv says when it fails, told to the app's author: which file and line, what was found, what to do."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from slugc_buildpack.problems import Problem
from slugc_python import requirements
from slugc_python.managers import Manager
from slugc_python.requirements import Line

_LOCK = {"uv": "uv lock", "Poetry": "poetry lock", "Pipenv": "pipenv lock"}
_UNREACHABLE = (
    "dns error",
    "error sending request",
    "Could not resolve host",
    "Connection refused",
    "network was disabled",
)
_EXAMPLE = "Correct that line. A requirement looks like: flask==3.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    text: str
    """From `error:` on: the causes stand below it."""
    flat: str
    """The same in one line."""
    manager: Manager
    lines: Sequence[Line]
    sources: Mapping[str, str]

    def problem(self, headline: str, *, code: str, next_step: str, project: str = "", evidence: str = "") -> Problem:
        """Placed at the line that names `project`, else at the manager's file."""
        at = requirements.find(self.lines, project) if project else None
        return Problem(
            headline,
            code=code,
            file=at.file if at else self.manager.file,
            line=at.number if at else None,
            evidence=evidence or (f"{at.text}\n{_brief(self.text)}" if at else _brief(self.text)),
            next_step=next_step,
        )


def problem(output: Sequence[str], manager: Manager, lines: Sequence[Line], sources: Mapping[str, str]) -> Problem:
    """output: uv's last lines. lines: of requirements.txt, if there is one. sources: file name -> text."""
    text = "\n".join(line.rstrip() for line in output)
    text = text[text.rfind("\nerror: ") + 1 :]
    case = _Case(text=text, flat=re.sub(r"\s+", " ", text), manager=manager, lines=lines, sources=sources)
    found = next((told for judge in _JUDGES if (told := judge(case)) is not None), None)
    return found or case.problem(
        "The dependencies could not be installed",
        code="python.install-failed",
        next_step="Correct what uv names in the lines above, then build again.",
    )


def _position(case: _Case) -> Problem | None:
    match = re.search(r"in `([^`]+)` at position (\d+)", case.flat)
    if match is None:
        return None
    name = next((name for name in case.sources if match[1].endswith(name)), match[1])
    before = case.sources.get(name, "").encode()[: int(match[2])]
    causes = [line.strip() for line in case.text.splitlines() if "cause:" in line]
    return _broken_line(case, name, before.count(b"\n") + 1, causes)


def _place(case: _Case) -> Problem | None:
    match = re.search(r"error: (.*?): ([\w./-]+\.(?:txt|in)):(\d+):\d+", case.flat)
    if match is None:
        return None
    name = next((name for name in case.sources if match[2].endswith(name)), match[2])
    return _broken_line(case, name, int(match[3]), [match[1]])


def _broken_line(case: _Case, name: str, number: int, causes: list[str]) -> Problem:
    source = case.sources.get(name, "").splitlines()
    shown = source[number - 1].strip() if number <= len(source) else ""
    conflict = shown.startswith(("<<<<<<<", "=======", ">>>>>>>"))
    return Problem(
        f"A line of {name} cannot be understood",
        code="python.broken-requirement",
        file=name,
        line=number,
        evidence="\n".join([shown, *(cause.removeprefix("cause: ") for cause in causes)]),
        next_step="A merge conflict was committed: resolve it, and remove its marks." if conflict else _EXAMPLE,
    )


def _python_version(case: _Case) -> Problem | None:
    match = re.search(r"resolved to Python ([\d.]+), which is incompatible with .*?requirement: `([^`]+)`", case.flat)
    match = match or re.search(r"current Python version \(([\d.]+)\) does not satisfy Python ?(\S+?),? ", case.flat)
    if match is None:
        return None
    project = re.search(r"([\w.-]+)==\S+ depends on Python", case.flat)
    return case.problem(
        f"Python {match[1]} does not fit: Python {match[2]} is needed",
        code="python.version-conflict",
        project=project[1] if project else "",
        next_step="Write a Python version that fits to .python-version, or change the requirement.",
    )


def _outdated(case: _Case) -> Problem | None:
    if "needs to be updated" not in case.flat:
        return None
    return case.problem(
        "pyproject.toml was changed after uv.lock was made",
        code="python.outdated-lock-file",
        next_step="Run: uv lock\nand commit uv.lock.",
    )


def _broken_lock(case: _Case) -> Problem | None:
    match = re.search(r"Failed to parse `([^`]+)`", case.flat)
    if match is None:
        return None
    name = match[1].rpartition("/")[2]
    again = _LOCK.get(case.manager.name, "")
    return Problem(
        f"{name} cannot be read",
        code="python.broken-lock-file" if name == case.manager.file and again else "python.broken-pyproject",
        file=name,
        evidence=_brief(case.text),
        next_step=f"Make it again: {again}\nand commit it. A merge conflict may have been committed."
        if name == case.manager.file and again
        else "Correct that place.",
    )


def _hashes(case: _Case) -> Problem | None:
    match = re.search(r"Hash mismatch for `([\w.-]+?)(?:==[^`]*)?`", case.flat)
    if match is None:
        return None
    return case.problem(
        f"{match[1]} is not what {case.manager.file} pinned",
        code="python.hash-mismatch",
        project=match[1],
        next_step="The file was replaced on the index, or on its way. Look into that before you pin it anew.",
    )


def _network(case: _Case) -> Problem | None:
    if "invalid peer certificate" in case.flat:
        return case.problem(
            "The place that a dependency comes from shows a certificate that nobody here trusts",
            code="python.untrusted-certificate",
            next_step="Behind a proxy that opens TLS, add its authority to this system (update-ca-certificates),\n"
            "or name its file: export SSL_CERT_FILE=/path/to/bundle.pem. Then build again.",
        )
    if not any(sign in case.flat for sign in _UNREACHABLE):
        return None
    return case.problem(
        "The place that a dependency comes from cannot be reached",
        code="python.index-unreachable",
        next_step="Check the network of this machine and the address above, or name another index:\n"
        "set the config var PIP_INDEX_URL. Then build again.",
    )


def _no_wheel(case: _Case) -> Problem | None:
    match = re.search(r"([\w.-]+?)(?:[<>=~!]=?\S+)? has no (?:wheels|usable wheels|source distribution)", case.flat)
    if match is None:
        return None
    tags = re.search(r"but we only found wheels for .*? tags?: (.*?)$", case.flat)
    offered = f" It has wheels for {tags[1]}.".replace("`", "") if tags else ""
    return case.problem(
        f"There is no build of {match[1]} for this Python and this system",
        code="python.no-wheel",
        project=match[1],
        next_step=f"Ask for a version that has one, or change the Python version in .python-version.{offered}",
    )


def _build(case: _Case) -> Problem | None:
    match = re.search(
        r"error: Failed to (?:build|download and build|prepare distributions)[^`]*`([\w.-]+)([^`]*)`", case.flat
    )
    if match is None:
        return None
    version = match[2].removeprefix("==") if match[2].startswith("==") else ""
    header = re.search(r"fatal error: (\S+): No such file", case.flat)
    program = re.search(r"(?:command|error:) '([\w+-]+)' failed: No such file|directory: '([\w+-]+)'", case.flat)
    if header:
        what = f"The header {header[1]} is missing: install the package that has it in the build stack,"
    elif program:
        what = f"The program {program[1] or program[2]} is missing: install it in the build stack,"
    else:
        what = "Correct what the lines above name,"
    errors = [line.strip() for line in case.text.splitlines() if re.search(r"\berror\b|Error\b", line)]
    return case.problem(
        f"{match[1]} {version}".rstrip() + " could not be built",
        code="python.build-failed",
        project=match[1],
        evidence="\n".join(line[:300] for line in errors[:8]),
        next_step=f"{what}\nor ask for a version of {match[1]} that has a wheel for this Python.",
    )


def _unknown(case: _Case) -> Problem | None:
    name = re.search(
        r"Because ([\w.-]+) was not found in the (?:package registry|provided package locations)", case.flat
    )
    version = re.search(r"there (?:is|are) no versions? of ([\w.-]+?)([<>=~!]\S+)", case.flat)
    if name is not None:
        return case.problem(
            f"The index has no package {name[1]}",
            code="python.unknown-package",
            project=name[1],
            next_step="Check its spelling. A private package needs its index: set the config var PIP_EXTRA_INDEX_URL.",
        )
    if version is not None and "depends on" not in case.flat:
        return case.problem(
            f"The index has no {version[1]}{version[2]}",
            code="python.unknown-package-version",
            project=version[1],
            next_step="Ask for a version that was published.",
        )
    return None


def _conflict(case: _Case) -> Problem | None:
    if "No solution found" not in case.flat:
        return None
    named = [
        *re.findall(r"you require ([\w.-]+?)(?=[=<>~!\s,])", case.flat),
        *re.findall(r"Because ([\w.-]+?)=", case.flat),
    ]
    project = next((name for name in named if requirements.find(case.lines, name)), "")
    again = _LOCK.get(case.manager.name)
    return case.problem(
        "The requirements exclude each other",
        code="python.conflicting-requirements",
        project=project,
        next_step=f"Run: {again}\nand commit {case.manager.file}."
        if again
        else "Loosen one of the versions named above.",
    )


_JUDGES: tuple[Callable[[_Case], Problem | None], ...] = (
    *(_position, _place, _python_version, _outdated, _broken_lock, _hashes),
    *(_build, _network, _no_wheel, _unknown, _conflict),
)


def _brief(text: str) -> str:
    """uv's own sentences: without its labels, and no more than a screen holds."""
    lines = [re.sub(r"^\s*(?:cause|error|hint): ", "", line).strip() for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith(("Using Python", "Using CPython", "Resolved "))]
    return "\n".join(kept[:12])
