# ruff: noqa: E501, ISC004 - tables of real output, as it was printed
"""What uv really printed (0.13) for each mistake, and what the app's author reads instead."""

import pytest

from slugc_python import complaints
from slugc_python.managers import MANAGERS
from slugc_python.requirements import Line

PIPENV, PIP, POETRY, UV = MANAGERS
SOURCE = "gunicorn\n\nflask=>3.0\nwerkzeug==1.0.1\nneedsheader\n"
LINES = [Line(file="requirements.txt", number=n, text=t) for n, t in enumerate(SOURCE.splitlines(), 1) if t]

BUILD = """\
Using Python 3.11.2 environment at: py
   Building needsheader==1.0
error: Failed to build `needsheader==1.0`
  cause: The build backend returned an error
         [stderr]
         nh.c:1:10: fatal error: nothere.h: No such file or directory
         compilation terminated.
"""


@pytest.mark.parametrize(
    ("text", "manager", "code", "place", "evidence", "next_step"),
    [
        (
            "error: Couldn't parse requirement in `requirements.txt` at position 10\n"
            '  cause: no such comparison operator "=>", must be one of ~= == != <= >= < > ===\n',
            PIP, "python.broken-requirement", "requirements.txt:3", "flask=>3.0\nno such comparison", "looks like",
        ),
        (
            "error: Unexpected '-', expected '-c', '-e', '-r' or the start of a requirement: requirements.txt:4:1\n",
            PIP, "python.broken-requirement", "requirements.txt:4", "werkzeug==1.0.1\nUnexpected '-'", "looks like",
        ),
        (
            "error: No solution found when resolving dependencies\n  cause: Because gunicorn was not found in the package "
            "registry and you require gunicorn==1.0, we can conclude that your requirements are unsatisfiable.\n",
            PIP, "python.unknown-package", "requirements.txt:1", "gunicorn", "PIP_EXTRA_INDEX_URL",
        ),
        (
            "error: No solution found when resolving dependencies\n  cause: Because there is no version of "
            "werkzeug==1.0.1 and you require werkzeug==1.0.1, we can conclude that ...\n",
            PIP, "python.unknown-package-version", "requirements.txt:4", "werkzeug==1.0.1", "published",
        ),
        (
            "error: No solution found when resolving dependencies\n  cause: Because flask==3.1.0 depends on werkzeug>=3.1 "
            "and you require flask==3.1.0, we can conclude that you require werkzeug>=3.1.\n"
            "         And because you require werkzeug==1.0.1, we can conclude ...\n",
            PIP, "python.conflicting-requirements", "requirements.txt:3", "depends on werkzeug>=3.1", "Loosen",
        ),
        (
            "error: No solution found when resolving dependencies\n  cause: Because werkzeug==1.0.1 has no wheels with a "
            "matching Python ABI tag (e.g., `cp311`) and you require werkzeug==1.0.1, ...\n\n"
            "hint: You require CPython 3.11 (`cp311`), but we only found wheels for `werkzeug` (v1.0.1) with the "
            "following Python ABI tags: `cp37m`, `cp38`\n",
            PIP, "python.no-wheel", "requirements.txt:4", "has no wheels", "cp37m, cp38",
        ),
        (BUILD, PIP, "python.build-failed", "requirements.txt:5", "nothere.h", "The header nothere.h is missing"),
        (
            "error: Request failed after 3 retries in 11.3s\n  cause: Failed to fetch: http://127.0.0.1:9/simple/flask/\n"
            "  cause: tcp connect error\n  cause: Connection refused (os error 111)\n",
            PIP, "python.index-unreachable", "requirements.txt", "http://127.0.0.1:9/simple/flask/", "PIP_INDEX_URL",
        ),
        (
            "error: Failed to fetch: https://index.example/simple/flask/\n  cause: error sending request for url\n"
            "  cause: client error (Connect)\n  cause: invalid peer certificate: UnknownIssuer\n",
            PIP, "python.untrusted-certificate", "requirements.txt", "UnknownIssuer", "SSL_CERT_FILE",
        ),
        (
            "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.\n",
            UV, "python.outdated-lock-file", "uv.lock", "needs to be updated", "uv lock",
        ),
        (
            "error: The requested interpreter resolved to Python 3.11.2, which is incompatible with the project's Python "
            "requirement: `>=3.13` (from `project.requires-python`)\n",
            UV, "python.version-conflict", "uv.lock", ">=3.13", ".python-version",
        ),
        (
            "error: No solution found when resolving dependencies\n  cause: Because there is no version of flask==9 "
            "and inner==1 depends on flask==9, ...\n",
            POETRY, "python.conflicting-requirements", "poetry.lock", "flask==9", "poetry lock",
        ),
        ("error: something new\n", PIP, "python.install-failed", "requirements.txt", "something new", "build again"),
    ],
)  # fmt: skip
def test_a_complaint_names_the_line_and_the_next_step(text, manager, code, place, evidence, next_step):
    lines, sources = (LINES, {"requirements.txt": SOURCE}) if manager is PIP else ([], {})
    told = complaints.problem(text.splitlines(), manager, lines, sources)
    assert (told.code, told.place) == (code, place)
    assert evidence in told.evidence
    assert next_step in told.next_step


def test_a_committed_merge_conflict_is_called_one():
    text = "error: Unexpected '<', expected '-c', '-e', '-r' or the start of a requirement: requirements.txt:1:1"
    told = complaints.problem([text], PIP, [], {"requirements.txt": "<<<<<<< HEAD\nflask\n"})
    assert "merge conflict" in told.next_step
