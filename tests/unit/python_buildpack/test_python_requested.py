# ruff: noqa: E501 - tables of cases read better on one line
import json

import pytest

from slugc_buildpack.problems import Problem
from slugc_buildpack.stack import Stack
from slugc_python import requested

STACK = Stack(name="host", distro="debian", version="12", suite="bookworm", glibc="2.36", arch="x86_64")


def asked(app, last=None, **files):
    for name, text in files.items():
        (app / FILES[name]).write_text(text)
    return requested.python(app, STACK, last=last)


FILES = {
    "version": ".python-version",
    "runtime": "runtime.txt",
    "pyproject": "pyproject.toml",
    "pipfile": "Pipfile.lock",
    "uv": "uv.lock",
    "poetry": "poetry.lock",
}


def test_without_a_word_the_stack_decides(tmp_path):
    request = asked(tmp_path)
    assert (request.spec.text, request.origin, request.sticky) == ("3.11", None, False)


def test_without_a_word_the_series_of_the_last_build_stays(tmp_path):
    request = asked(tmp_path, last="3.12.4")
    assert (request.spec.text, request.sticky) == ("3.12", True)


@pytest.mark.parametrize(
    ("files", "text", "origin"),
    [
        ({"version": "# ours\n3.12\n"}, "3.12", ".python-version"),
        ({"version": "3.12.3"}, "3.12.3", ".python-version"),
        ({"runtime": "python-3.12.1\n", "version": "3.13"}, "3.12.1", "runtime.txt"),
        ({"pipfile": json.dumps({"_meta": {"requires": {"python_version": "3.13"}}})}, "3.13", "Pipfile.lock"),
        ({"version": "3.12", "pipfile": json.dumps({"_meta": {"requires": {"python_version": "3.12"}}})}, "3.12", ".python-version"),
        ({"pyproject": '[project]\nname = "x"\nrequires-python = ">=3.12"\n'}, "3.15 (>=3.12)", "pyproject.toml"),
        ({"pyproject": '[project]\nname = "x"\nrequires-python = ">=3.10"\n'}, "3.11 (>=3.10)", "pyproject.toml"),
        ({"uv": 'requires-python = "==3.12.*"\n'}, "3.12 (==3.12.*)", "uv.lock"),
        ({"poetry": '[metadata]\npython-versions = "^3.13"\n'}, "3.15 (^3.13)", "poetry.lock"),
    ],
)  # fmt: skip
def test_the_first_file_that_says_something_decides(tmp_path, files, text, origin):
    request = asked(tmp_path, **files)
    assert (request.spec.text, request.origin) == (text, origin)


def test_a_range_narrows_to_versions_that_it_admits(tmp_path):
    request = asked(tmp_path, pyproject='[project]\nname = "x"\nrequires-python = ">=3.11.4,<3.11.7"\n')
    assert [request.spec.admits(v) for v in ("3.11.3", "3.11.4", "3.11.7", "3.12.0")] == [False, True, False, False]


@pytest.mark.parametrize(
    ("files", "code", "file", "evidence"),
    [
        ({"version": "three\n"}, "python.version-malformed", ".python-version", "three"),
        ({"version": "# nothing\n"}, "python.version-malformed", ".python-version", "nothing but comments"),
        ({"version": "3.12\n3.13\n"}, "python.version-malformed", ".python-version", "3.12\n3.13"),
        ({"version": "pypy3.10"}, "python.version-malformed", ".python-version", "pypy3.10"),
        ({"version": "3.8"}, "python.version-ended", ".python-version", "3.8"),
        ({"version": "2.7.18"}, "python.version-ended", ".python-version", "2.7.18"),
        ({"version": "3.99"}, "python.version-unknown", ".python-version", "3.99"),
        ({"runtime": "3.12\n"}, "python.version-malformed", "runtime.txt", "3.12"),
        ({"pyproject": '[project]\nname="x"\nrequires-python = "three"\n'}, "python.version-malformed", "pyproject.toml", "three"),
        ({"pyproject": '[project]\nname="x"\nrequires-python = ">=4"\n'}, "python.version-unknown", "pyproject.toml", ">=4"),
        ({"version": "3.11", "pyproject": '[project]\nname="x"\nrequires-python=">=3.12"\n'}, "python.version-conflict", ".python-version", "pyproject.toml asks for >=3.12"),
    ],
)  # fmt: skip
def test_a_version_that_cannot_be_built_names_file_evidence_and_next_step(tmp_path, files, code, file, evidence):
    with pytest.raises(Problem) as caught:
        asked(tmp_path, **files)
    assert (caught.value.code, caught.value.file) == (code, file)
    assert evidence in caught.value.evidence
    assert caught.value.next_step


def test_the_line_of_a_second_version_is_named(tmp_path):
    with pytest.raises(Problem) as caught:
        asked(tmp_path, version="3.12\n\n3.13\n")
    assert caught.value.line == 3
