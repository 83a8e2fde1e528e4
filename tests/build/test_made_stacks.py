"""A real Python app, built on a made stack and booted where no python is."""

import json
import subprocess
from pathlib import Path

import pytest
from command_line import slugc

pytestmark = pytest.mark.slow
APP = {
    "app.py": "import flask\napp = flask.Flask(__name__)\n@app.get('/')\ndef index():\n    return 'hello'\n",
    "requirements.txt": "flask==3.1.2\n",
    "Procfile": "web: flask --app app run --port $PORT\n",
    "probe.py": "import ctypes, flask, sqlite3, ssl, sys, app\n"
    "print(app.app.test_client().get('/').text, sys.prefix, sep='\\n')\n",
}


@pytest.fixture(scope="module")
def slug(stacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = tmp_path_factory.mktemp("app")
    for name, text in APP.items():
        (app / name).write_text(text)
    out = app.parent / "made.slug"
    done = slugc(stacked, "build", app, "--stack", "debian-12", "-o", out)
    assert done.returncode == 0, done.stderr
    return out


def test_a_python_slug_boots_on_a_root_file_system_that_has_no_python(stacked: Path, slug: Path) -> None:
    bare = slugc(stacked, "run", slug, "--", "ls /usr/bin/python* /usr/local/bin/python*; command -v python")
    assert bare.stdout.split() == ["/app/.heroku/python/bin/python"]
    done = slugc(stacked, "run", slug, "--", "python", "probe.py")
    assert (done.returncode, done.stdout.split()) == (0, ["hello", "/app/.heroku/python"]), done.stderr


def test_the_manifest_remembers_the_stack_and_its_digest(stacked: Path, slug: Path) -> None:
    listed = json.loads(slugc(stacked, "stack", "list", "--json").stdout)
    made = next(entry["record"] for entry in listed if entry["record"]["name"] == "debian-12")
    text = subprocess.run(["tar", "--zstd", "-xOf", slug, "./slug.json"], capture_output=True, check=True).stdout
    assert json.loads(text)["stack"] == made


def test_the_same_slug_boots_on_another_stack_that_has_its_libraries(stacked: Path, slug: Path) -> None:
    done = slugc(stacked, "run", "--stack", "host", slug, "--", "python", "probe.py")
    lacking = done.returncode == 37 and "cannot boot on host" in done.stderr
    assert lacking or done.stdout.split()[0] == "hello", done.stderr


def test_on_a_stack_without_its_libraries_it_is_refused_and_the_library_is_named(
    stacked: Path, slug: Path, tmp_path: Path
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
