import re
from pathlib import Path

import pytest

from slugc.errors.source import ConfigurationInvalid, SourceNotFound
from slugc.formats.checked import FileProblem
from slugc.formats.expect_toml import parse
from slugc.testing import fixtures

ROOT = Path(__file__).resolve().parents[2] / "fixtures"
ALL = fixtures(ROOT)


def test_every_fixture_folder_has_a_promise():
    assert [folder.name for folder in ROOT.iterdir() if not (folder / "expect.toml").is_file()] == []


def test_names_are_a_language_and_a_condition():
    assert [fixture.name for fixture in ALL if not re.fullmatch(r"[a-z]+_[a-z0-9_]+", fixture.name)] == []


@pytest.mark.parametrize("fixture", [fixture for fixture in ALL if fixture.promise.error], ids=str)
def test_an_error_fixture_asserts_evidence_and_next_step(fixture):
    assert len(fixture.promise.error.contains) >= 2


def test_each_fixture_asserts_something():
    promises = {fixture.name: fixture.promise for fixture in ALL}
    assert [
        n for n, p in promises.items() if not (p.error or p.transcript.contains or p.run or p.http or p.processes)
    ] == []


def test_no_fixture_names_a_registry():
    hosts = re.compile(rb"https?://(?!127\.0\.0\.1|localhost|[\w.-]*\bexample\b)[\w.-]+")
    texts = [p for p in ROOT.rglob("*") if p.is_file() and (p.name.endswith(".lock") or p.name.endswith("lock.json"))]
    assert [str(path) for path in texts if hosts.search(path.read_bytes())] == []


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ('about = "x"\n[transcript]\ncontain = ["x"]\n', 3, "transcript.contain", "is not a key of this format"),
        ('about = "x"\n[[http]]\nstatus = "200"\n', 3, "http[0].status", "must be a number, it is a string"),
        ('about = "x"\n[prepare]\ncommands = ["uv lock"]\n', 3, "prepare.commands", "must be a list of lists of words"),
        ('about = "x"\n[[run]]\nexit = 1\n', 2, "run[0].command", "must name a program"),
        ('[transcript]\ncontains = ["x"]\n', 1, "about", "is missing"),
        ("about = ", 1, "", "not TOML"),
    ],
)
def test_a_promise_that_cannot_be_understood_is_refused_with_its_line(text, line, key, message):
    with pytest.raises(FileProblem) as caught:
        parse(text)
    assert (caught.value.line, caught.value.key) == (line, key)
    assert message in caught.value.message


def test_a_folder_without_fixtures_says_so(tmp_path):
    with pytest.raises(SourceNotFound) as caught:
        fixtures(tmp_path)
    assert caught.value.detail == "neither it nor a folder in it has an expect.toml"


def test_a_fixture_without_an_app_is_refused(tmp_path):
    (tmp_path / "expect.toml").write_text('about = "x"\n')
    with pytest.raises(ConfigurationInvalid) as caught:
        fixtures(tmp_path)
    assert "there is no folder app/" in caught.value.detail
