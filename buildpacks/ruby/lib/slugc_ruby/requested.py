"""Which Ruby is asked for, and by which file: Gemfile.lock, then Gemfile, then .ruby-version, then nobody."""

import re
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack.problems import Problem
from slugc_buildpack.versions import Anything, Exactly, Range, Series, Spec
from slugc_ruby.lockfile import FILE, GEMFILE, Lock

VERSION_FILE = ".ruby-version"
_NUMBER = r"\d+(?:\.\d+){0,2}"
_DIRECTIVE = re.compile(r"^[ \t]*ruby[ \t(]+(?P<rest>[^#\n]+)", re.MULTILINE)
_STRING = re.compile(r"""(?P<key>\w+:|:\w+\s*=>)?\s*(?P<quote>["'])(?P<text>.*?)(?P=quote)""")
_REQUIREMENT = re.compile(rf"(~>|>=|<=|>|<|!=|=)?\s*({_NUMBER})")
ENDED = {
    "2.5": "March 2021",
    "2.6": "April 2022",
    "2.7": "March 2023",
    "3.0": "April 2024",
    "3.1": "March 2025",
    "3.2": "March 2026",
}
"""Series -> when its security fixes by the Ruby project ended. A distribution may go on for its own packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """RubyGems' own grammar: `~> 3.1`, or `>= 3.1, < 3.4`."""

    text: str
    translated: Range

    def admits(self, version: str) -> bool:
        return self.translated.admits(version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    spec: Spec
    origin: str | None = None
    """The file that asks; None: nobody did."""


def ruby(app: Path, lock: Lock, *, last: str | None = None) -> Request:
    """last: the version of the last build, which serves where nobody asks. Raises Problem."""
    if lock.engine:
        raise _other_engine(lock.engine, FILE, lock.ruby_line)
    declared = _gemfile(app)
    if lock.ruby:
        if declared is not None and not declared.spec.admits(lock.ruby):
            raise Problem(
                f"Gemfile asks for Ruby {declared.spec.text}, Gemfile.lock was made for {lock.ruby}",
                code="ruby.version-conflict",
                file=FILE,
                line=lock.ruby_line,
                evidence=f"RUBY VERSION: ruby {lock.ruby}",
                next_step="Run: bundle update --ruby\nand commit Gemfile.lock.",
            )
        return Request(spec=Exactly(lock.ruby), origin=FILE)
    if declared is not None:
        return declared
    if (app / VERSION_FILE).is_file():
        return Request(spec=_version_file(app, VERSION_FILE, exact=False), origin=VERSION_FILE)
    return Request(spec=Series(".".join(last.split(".")[:2])) if last else Anything())


def _gemfile(app: Path) -> Request | None:
    """The `ruby` line of the Gemfile, as far as it can be read without running it."""
    text = (app / GEMFILE).read_text(encoding="utf-8", errors="replace")
    match = _DIRECTIVE.search(text)
    if match is None:
        return None
    line = text.count("\n", 0, match.start("rest")) + 1
    wanted = []
    for string in _STRING.finditer(match["rest"]):
        key = re.sub(r"\W", "", string["key"] or "")
        if key == "engine" and string["text"] != "ruby":
            raise _other_engine(string["text"], GEMFILE, line)
        if key == "file" or string["text"].endswith(VERSION_FILE):
            return Request(spec=_version_file(app, string["text"], exact=True), origin=string["text"])
        if not key:
            wanted.append(string["text"])
    if not wanted:
        return None  # computed: Bundler checks it, this page cannot
    return Request(spec=_spec(wanted, GEMFILE, line, match[0].strip()), origin=GEMFILE)


def _spec(wanted: list[str], file: str, line: int, evidence: str) -> Spec:
    clauses = []
    for text in wanted:
        match = _REQUIREMENT.fullmatch(text.strip())
        if match is None:
            raise _bad(text, file, line, evidence)
        # Ruby's ~> 3.1.2 is what others write ~=3.1.2; ~> 3 is >= 3.
        operator = {"~>": "~=" if "." in match[2] else ">=", "=": "==", None: "=="}.get(match[1], match[1])
        clauses.append((operator, match[2]))
    if len(clauses) == 1 and clauses[0][0] == "==":
        return Exactly(clauses[0][1])
    translated = Range(",".join(f"{operator}{number}" for operator, number in clauses))
    return Requirement(text=", ".join(wanted), translated=translated)


def _version_file(app: Path, name: str, *, exact: bool) -> Spec:
    """exact: Bundler compares with the text itself, so that `3.1` is 3.1.0 and no series."""
    path = app / name
    if not path.is_file() or ".." in Path(name).parts:
        raise Problem(
            f"Gemfile reads the Ruby version from {name}, which is not there",
            code="ruby.bad-version",
            file=GEMFILE,
            evidence=name,
            next_step=f"Commit {name}, or write the version into Gemfile: ruby '3.1.2'",
        )
    lines = [line.split("#")[0].strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    filled = [line for line in lines if line]
    if name.endswith(".tool-versions"):
        filled = [line.split()[1] for line in filled if line.split()[0] == "ruby" and len(line.split()) > 1]
    found = filled[0].partition("@")[0] if filled else ""
    engine = re.fullmatch(r"(jruby|truffleruby|rbx|mruby)[-\w.]*", found)
    if engine:
        raise _other_engine(engine[1], name, 1)
    text = found.removeprefix("ruby-")
    if len(filled) != 1 or not re.fullmatch(rf"{_NUMBER}(?:[-.]?(?:p\d+|preview\d+|rc\d+))?", text):
        raise _bad(found or "(it is empty)", name, 1, "\n".join(filled[:5]))
    text = re.sub(r"-?p\d+$", "", text)
    return Exactly(text) if exact or text.count(".") >= 2 else Series(text)


def _bad(text: str, file: str, line: int, evidence: str) -> Problem:
    return Problem(
        f"'{text}' is no version of Ruby",
        code="ruby.bad-version",
        file=file,
        line=line,
        evidence=evidence,
        next_step="Write ruby '3.1.2', ruby '~> 3.1.0' or ruby '>= 3.1', '< 3.4' to Gemfile;\n"
        "or 3.1.2 to .ruby-version.",
    )


def _other_engine(engine: str, file: str, line: int | None) -> Problem:
    return Problem(
        f"This buildpack has no {engine}",
        code="ruby.other-engine",
        file=file,
        line=line,
        evidence=engine,
        next_step="It runs Ruby itself (MRI). Remove the engine from Gemfile, run: bundle update --ruby, and commit\n"
        "Gemfile.lock; or name a buildpack that has this engine with --buildpack.",
    )
