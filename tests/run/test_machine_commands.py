"""`slugc doctor` and `slugc stack` as somebody types them."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

Run = subprocess.CompletedProcess[str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def slugc(home: Path, *words: str, **extra: str) -> Run:
    env = {**os.environ, "SLUGC_HOME": str(home), "NO_COLOR": "1", **extra}
    return subprocess.run([sys.executable, "-m", "slugc", *words], env=env, capture_output=True, text=True)


def test_doctor_names_every_fact_once_and_gives_a_next_step_for_what_is_missing(home: Path) -> None:
    done = slugc(home, "doctor", "--json")
    assert done.returncode == 0, done.stderr
    findings = json.loads(done.stdout)
    names = [finding["name"] for finding in findings]
    assert len(names) == len(set(names))
    assert {"isolation", "limits", "network", "apt suite", "stacks", "HAProxy", "state folder", "slugs"} <= set(names)
    lacking = [finding for finding in findings if not finding["ok"] and finding["name"] != "node"]
    assert all(finding["hint"] for finding in lacking)
    assert not home.exists()


def test_doctor_says_in_words_what_it_says_in_json(home: Path) -> None:
    words, facts = slugc(home, "doctor").stdout, json.loads(slugc(home, "doctor", "--json").stdout)
    for finding in facts:
        assert finding["name"] in words
        assert finding["detail"].split(",")[0] in words


def test_a_stack_is_imported_listed_and_removed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bash").write_text("#!")
    with tarfile.open(tmp_path / "run.tar", "w") as out:
        out.add(tmp_path / "bash", "bin/bash")
    assert slugc(home, "stack", "import", "tiny", "--run", str(tmp_path / "run.tar")).stdout.startswith("tiny ")
    listed = slugc(home, "stack")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["name", "host", "tiny"]
    assert listed.stdout == slugc(home, "stack:list").stdout
    assert [entry["record"]["name"] for entry in json.loads(slugc(home, "stack", "list", "--json").stdout)][1:] == [
        "tiny"
    ]
    assert slugc(home, "stack", "remove", "tiny").returncode == 0
    gone = slugc(home, "stack", "remove", "tiny")
    assert gone.returncode == 36
    assert "Stacks here: host" in gone.stderr


@pytest.mark.slow
def test_a_stack_that_cannot_be_made_says_why_and_leaves_nothing(home: Path) -> None:
    done = slugc(home, "stack", "create", "x", "--suite", "no-such-suite", "--mirror", "http://127.0.0.1:9/none")
    assert done.returncode == 38
    assert "no-such-suite" in done.stderr or "apt-get install mmdebstrap" in done.stderr
    assert json.loads(slugc(home, "stack", "list", "--json").stdout)[1:] == []
