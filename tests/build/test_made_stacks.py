"""A real Python app, built on a made stack and booted where no python is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slugc.host.home import Home
from slugc.sandbox.choose import try_bubblewrap

pytestmark = pytest.mark.slow
APP = {
    "app.py": "import flask\napp = flask.Flask(__name__)\n@app.get('/')\ndef index():\n    return 'hello'\n",
    "requirements.txt": "flask==3.1.2\n",
    "Procfile": "web: flask --app app run --port $PORT\n",
    "probe.py": "import ctypes, flask, sqlite3, ssl, sys, app\n"
    "print(app.app.test_client().get('/').text, sys.prefix, sep='\\n')\n",
}


@pytest.fixture(scope="module")
def home(stack_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of its own, with the shared stacks in it."""
    if try_bubblewrap().program is None:
        pytest.skip(try_bubblewrap().reason)
    root = tmp_path_factory.mktemp("home")
    (root / "stacks").symlink_to(stack_home.stacks)
    return root


def slugc(home: Path, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "SLUGC_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.run([sys.executable, "-m", "slugc", *map(str, words)], env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def slug(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = tmp_path_factory.mktemp("app")
    for name, text in APP.items():
        (app / name).write_text(text)
    out = app.parent / "made.slug"
    done = slugc(home, "build", app, "--stack", "debian-12", "-o", out)
    assert done.returncode == 0, done.stderr
    return out


def test_a_python_slug_boots_on_a_root_file_system_that_has_no_python(home: Path, slug: Path) -> None:
    bare = slugc(home, "run", slug, "--", "ls /usr/bin/python* /usr/local/bin/python*; command -v python")
    assert bare.stdout.split() == ["/app/.heroku/python/bin/python"]
    done = slugc(home, "run", slug, "--", "python", "probe.py")
    assert (done.returncode, done.stdout.split()) == (0, ["hello", "/app/.heroku/python"]), done.stderr


def test_the_manifest_remembers_the_stack_and_its_digest(home: Path, slug: Path) -> None:
    listed = json.loads(slugc(home, "stack", "list", "--json").stdout)
    made = next(entry["record"] for entry in listed if entry["record"]["name"] == "debian-12")
    text = subprocess.run(["tar", "--zstd", "-xOf", slug, "./slug.json"], capture_output=True, check=True).stdout
    assert json.loads(text)["stack"] == made


def test_the_same_slug_boots_on_another_stack_that_has_its_libraries(home: Path, slug: Path) -> None:
    done = slugc(home, "run", "--stack", "host", slug, "--", "python", "probe.py")
    lacking = done.returncode == 37 and "cannot boot on host" in done.stderr
    assert lacking or done.stdout.split()[0] == "hello", done.stderr


def test_on_a_stack_without_its_libraries_it_is_refused_and_the_library_is_named(
    home: Path, slug: Path, tmp_path: Path
) -> None:
    """A root with a shell and a C library, and nothing else."""
    root = tmp_path / "root"
    for name in ("bin/bash", "lib/libc.so.6"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    subprocess.run(["tar", "-cf", tmp_path / "run.tar", "-C", root, "."], check=True)
    own = tmp_path / "home"
    assert slugc(own, "stack", "import", "tiny", "--run", tmp_path / "run.tar").returncode == 0
    done = slugc(own, "run", "--stack", "tiny", slug, "--", "true")
    assert done.returncode == 37
    assert "stack.unfit" in done.stderr
    assert "It lacks libc.so.6, needed by app/.heroku/python/" in done.stderr
