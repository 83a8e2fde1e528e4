"""The page for authors of buildpacks, done: its expect.toml and its Python, on a buildpack that does what they say."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/test-a-buildpack.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with my-pack/, its fixture, and tests/ beside it, as the page has them."""
    shutil.copytree(ROOT / "tests/packs/tool", tmp_path / "my-pack")
    app = tmp_path / "my-pack/tests/pinned/app"
    app.mkdir(parents=True)
    for name, text in {
        "tool.toml": 'version = "3.2"\n',
        "Procfile": "web: python3 -m http.server $PORT\n",
        "index.html": "hello",
    }.items():
        (app / name).write_text(text)
    (promise,) = blocks("toml")
    (app.parent / "expect.toml").write_text(promise)
    (tmp_path / "tests").symlink_to("my-pack/tests")
    return tmp_path


def python(desk: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "SLUGC_HOME": str(desk / "state"), "NO_COLOR": "1"}
    return subprocess.run([sys.executable, "-m", *words], cwd=desk, env=env, capture_output=True, text=True)


def test_the_folder_is_a_test_that_passes(desk: Path) -> None:
    done = python(desk, "slugc", "buildpacks", "test", "my-pack/tests")
    assert re.fullmatch(r"ok    pinned  \d+\.\d s\n", done.stdout), done.stdout + done.stderr


def test_the_python_of_the_page_passes(desk: Path) -> None:
    (desk / "test_pack.py").write_text("\n\n".join(blocks("python")))
    argv = ["pytest", "-q", "-p", "no:cacheprovider", "--basetemp", "t", "--rootdir", ".", "test_pack.py"]
    done = python(desk, *argv)
    assert "4 passed" in done.stdout, done.stdout + done.stderr
