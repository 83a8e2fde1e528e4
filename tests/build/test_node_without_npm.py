"""A build stack without npm: what npm would say is asked of one out of a wheel."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from slugc_buildpack import children
from slugc_buildpack.build import Build
from slugc_buildpack.runtimes.contract import Unavailable
from slugc_buildpack.runtimes.registries import npm_registry

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def build_without_npm(folder: Path) -> Build:
    """uv is the only tool, and nobody has named a registry."""
    tools, programs = folder / "tools", folder / "bin"
    for place in (tools, programs, folder / "app", folder / "home"):
        place.mkdir()
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        pytest.skip("uv is not there")
    (tools / "uv").symlink_to(uv)
    given = {name: value for name, value in os.environ.items() if name.lower() != "npm_config_registry"}
    # npm of the wheel shall speak for itself, and not read what this user wrote to ~/.npmrc.
    given |= {"PATH": str(programs), "SLUGC_TOOLS": str(tools), "HOME": str(folder / "home")}
    given["SLUGC_RUNTIMES"] = str(folder / "runtimes")
    return Build.from_arguments([str(folder / "app"), str(folder / "cache")], given)


def test_the_registry_is_the_one_that_npm_itself_would_use(tmp_path):
    build = build_without_npm(tmp_path)
    assert build.tool("npm") is None
    try:
        registry = npm_registry(build)
    except Unavailable as error:
        pytest.skip(f"no Python index with a wheel of Node.js: {error.reason}")
    assert registry.startswith("https://")
    assert registry.endswith("/")
    npm = shutil.which("npm")
    if npm is not None:
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "npm_config_globalconfig": os.devnull}
        own = children.capture((npm, "config", "get", "registry"), env=env, cwd=tmp_path, timeout=120)
        assert registry == own.out.strip().rstrip("/") + "/"
    assert not list((tmp_path / "app").iterdir())


def test_a_registry_that_the_user_names_is_taken_without_asking_anyone(tmp_path):
    build = build_without_npm(tmp_path)
    named = Build.from_arguments(
        [str(build.app), str(build.cache)], {**build.environ, "npm_config_registry": "http://127.0.0.1:9/npm"}
    )
    assert npm_registry(named) == "http://127.0.0.1:9/npm/"
    assert not (tmp_path / "runtimes").exists()
