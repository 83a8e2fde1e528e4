import re

import pytest
from fixture_cases import ROOT, cases, read

ALL = cases()


def test_every_fixture_folder_has_a_promise():
    assert [folder.name for folder in ROOT.iterdir() if not (folder / "expect.toml").is_file()] == []
    assert all((case.folder / "app").is_dir() and case.about for case in ALL)


def test_names_are_a_language_and_a_condition():
    assert [case.name for case in ALL if not re.fullmatch(r"[a-z]+_[a-z0-9_]+", case.name)] == []


@pytest.mark.parametrize("case", [case for case in ALL if case.error], ids=lambda case: case.name)
def test_an_error_fixture_asserts_evidence_and_next_step(case):
    assert len(case.error.contains) >= 2


def test_each_fixture_asserts_something():
    empty = [c.name for c in ALL if not (c.error or c.transcript.contains or c.run or c.http or c.processes)]
    assert empty == []


def test_no_fixture_names_a_registry():
    hosts = re.compile(rb"https?://(?!127\.0\.0\.1|localhost|[\w.-]*\bexample\b)[\w.-]+")
    texts = [p for p in ROOT.rglob("*") if p.is_file() and (p.name.endswith(".lock") or p.name.endswith("lock.json"))]
    assert [str(path) for path in texts if hosts.search(path.read_bytes())] == []


def test_an_unknown_key_is_refused(tmp_path):
    (tmp_path / "expect.toml").write_text('about = "x"\n[transcript]\ncontain = ["x"]\n')
    with pytest.raises(ValueError, match="unknown contain; known are absent, contains"):
        read(tmp_path)
