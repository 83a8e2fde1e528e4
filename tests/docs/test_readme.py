"""README's console block, typed for real in a scratch copy: what it shows is what a reader gets."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PATIENCE = 300.0


def shown(command: str) -> list[str]:
    """The lines that README prints under `$ command...`, up to the next prompt."""
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for said in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            typed, *lines = said.rstrip().splitlines()
            if typed.startswith(command):
                return [typed, *lines]
    raise AssertionError(f"README shows no `{command}`")


def stable(line: str) -> bool:
    """Whether a line is the same on every machine: no versions, times, sizes, digests or cuts."""
    return not re.search(r"\d|\.\.\.|^\s*$|---> (Looking|No Python)", line)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the demo app at README's path, and the slug that README's first command makes there."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "fixtures/python_flask_pip/app", folder / "fixtures/python_flask_pip/app")
    yield folder
    shutil.rmtree(folder / "home", ignore_errors=True)


def environ(desk: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "SLUGC_HOME": str(desk / "home"), "NO_COLOR": "1"}


def typed(desk: Path, line: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        shlex.split(line), cwd=desk, env=environ(desk), capture_output=True, text=True, check=False, timeout=PATIENCE
    )


@pytest.fixture(scope="module")
def first_build(desk: Path) -> "subprocess.CompletedProcess[str]":
    return typed(desk, shown("slugc build")[0])


def test_the_build_prints_what_readme_shows(first_build: "subprocess.CompletedProcess[str]") -> None:
    assert first_build.returncode == 0, first_build.stderr
    printed = f"{first_build.stderr}{first_build.stdout}".splitlines()
    expected = [line for line in shown("slugc build")[1:] if stable(line)]
    assert len(expected) >= 8
    assert [line for line in expected if line not in printed] == []


def test_a_command_in_the_slug_finds_what_readme_says(
    desk: Path, first_build: "subprocess.CompletedProcess[str]"
) -> None:
    command, *expected = shown("slugc run")
    done = typed(desk, command)
    assert (done.returncode, done.stdout.splitlines()) == (0, [line for line in expected if line]), done.stderr
    assert first_build.returncode == 0


def test_a_second_build_says_readmes_words(desk: Path, first_build: "subprocess.CompletedProcess[str]") -> None:
    sentence = re.search(r"nothing runs: `([^`]+)`", README)
    assert sentence is not None
    again = typed(desk, shown("slugc build")[0])
    assert sentence[1] in again.stderr
    assert again.stdout == first_build.stdout


def test_why_names_the_changed_file(desk: Path, first_build: "subprocess.CompletedProcess[str]") -> None:
    assert first_build.returncode == 0
    app = desk / "fixtures/python_flask_pip/app"
    before = (app / "app.py").read_bytes()
    (app / "app.py").write_bytes(before + b"# changed\n")
    try:
        done = typed(desk, "slugc why fixtures/python_flask_pip/app")
    finally:
        (app / "app.py").write_bytes(before)
    assert "app.py has changed" in done.stdout + done.stderr


def test_start_prints_its_url_and_answers_on_it(desk: Path, first_build: "subprocess.CompletedProcess[str]") -> None:
    assert first_build.returncode == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = shlex.split(shown("slugc start")[0])
    words[words.index("--port") + 1] = str(port)
    lines: list[str] = []
    with subprocess.Popen(
        words, cwd=desk, env=environ(desk), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as platform:
        assert platform.stdout is not None
        reader = threading.Thread(target=lines.extend, args=(platform.stdout,))
        reader.start()
        try:
            url = f"http://127.0.0.1:{port}"
            limit = time.monotonic() + PATIENCE
            while f"{url}\n" not in lines and platform.poll() is None and time.monotonic() < limit:
                time.sleep(0.1)
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                assert answer.status == 200
        finally:
            platform.terminate()
            platform.wait(PATIENCE)
            reader.join(PATIENCE)
    log = "".join(lines)
    for kept in (
        "Starting process with command `gunicorn",
        "State changed from starting to up",
        "heroku[router]: at=info",
    ):
        assert kept in log
    assert platform.returncode == 143


def test_every_file_that_readme_links_to_is_there() -> None:
    linked = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]
    assert linked
    assert [target for target in linked if not (ROOT / target).exists()] == []


def test_every_command_that_readme_names_exists(desk: Path) -> None:
    named = set(re.findall(r"`slugc ([a-z]+)", README))
    assert {"build", "run", "start", "doctor"} <= named
    assert [name for name in sorted(named) if typed(desk, f"slugc {name} --help").returncode != 0] == []
