"""What can be told from the files alone, before anything is downloaded."""

import re
from pathlib import Path

from slugc_buildpack import transcript
from slugc_buildpack.problems import Problem
from slugc_clojure.detection import LEIN, TOOLS

_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}


def source(app: Path) -> str:
    """The file that decides. Raises Problem for what cannot be built."""
    file = LEIN if (app / LEIN).is_file() else TOOLS
    text = (app / file).read_text(encoding="utf-8-sig", errors="replace")
    wrong = unbalanced(text)
    if wrong is not None:
        line, what = wrong
        lines = text.splitlines()
        raise Problem(
            f"{file} cannot be read",
            code="clojure.broken-project",
            file=file,
            line=line,
            evidence="\n".join(part for part in (lines[line - 1].strip() if line <= len(lines) else "", what) if part),
            next_step='Close what is open there: each ( [ { " has its partner.',
        )
    if file == LEIN:
        _refuse_old(text)
        if (app / TOOLS).is_file():
            transcript.detail(f"{TOOLS} is there too: {LEIN} decides.")
    return file


def unbalanced(text: str) -> tuple[int, str] | None:
    """Where the brackets or quotes of Clojure text do not match: (line, what); None where all do. Pure."""
    opened: list[tuple[str, int]] = []
    line, at = 1, 0
    while at < len(text):
        char = text[at]
        line += char == "\n"
        if char == ";":
            at = end if (end := text.find("\n", at)) >= 0 else len(text)
            continue
        if char == "\\":
            at += 2
            continue
        if char == '"':
            match = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL).match(text, at)
            if match is None:
                return line, "a string begins here and does not end"
            line += match[0].count("\n")
            at = match.end()
            continue
        if char in _CLOSED_BY:
            opened.append((char, line))
        elif char in _CLOSED_BY.values() and (not opened or _CLOSED_BY[opened.pop()[0]] != char):
            return line, f"{char} closes nothing here"
        at += 1
    return (opened[-1][1], f"{opened[-1][0]} is opened here and not closed") if opened else None


def _refuse_old(text: str) -> None:
    match = re.search(r':min-lein-version\s+"([^"]*)"', text)
    if match and match[1].startswith("1."):
        raise Problem(
            f"Leiningen {match[1]} is not supported",
            code="clojure.leiningen-1",
            file=LEIN,
            line=text[: match.start()].count("\n") + 1,
            evidence=match[0],
            next_step='Write :min-lein-version "2.0.0" there: this buildpack builds with Leiningen 2.',
        )
