"""The sources of language runtimes for real: apt, registries, a mirror on loopback, uv's builds, this machine."""

import functools
import hashlib
import http.server
import json
import multiprocessing
import os
import platform
import shutil
import subprocess
import tarfile
import threading
import time
from pathlib import Path

import pytest

from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_buildpack.runtimes import install
from slugc_buildpack.runtimes.contract import Recipe
from slugc_buildpack.runtimes.registries import NpmSource, PypiSource
from slugc_buildpack.versions import Anything, Exactly, Series
from slugc_python.recipe import RECIPE, site_packages

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
DEBIAN = shutil.which("apt-get") and Path("/etc/debian_version").exists()
needs_apt = pytest.mark.skipif(not DEBIAN, reason="needs a Debian or Ubuntu system with apt-get")
PASSED_ON = ("SSL_CERT_FILE", "PIP_INDEX_URL", "UV_INDEX_URL", "npm_config_registry", "HTTPS_PROXY", "https_proxy")


def build_at(folder: Path, **environ: str) -> Build:
    app = folder / "app"
    app.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    tools = str(Path(shutil.which("uv") or "/usr/bin/uv").parent)
    given = {
        **kept,
        "PATH": os.environ["PATH"],
        "SLUGC_TOOLS": tools,
        "SLUGC_RUNTIMES": str(folder / "runtimes"),
        **environ,
    }
    return Build.from_arguments([str(app), str(folder / "cache")], given)


@pytest.fixture(scope="module")
def by_apt(tmp_path_factory):
    """The stack's own Python, from its suite."""
    if not DEBIAN:
        pytest.skip("needs a Debian or Ubuntu system with apt-get")
    return install.obtain(RECIPE, Anything(), build_at(tmp_path_factory.mktemp("apt"), SLUGC_RUNTIME_SOURCE="apt"))


@pytest.fixture
def mirror(tmp_path, by_apt):
    """(inventory's URL, digest): an HTTP server on loopback with that Python as an archive."""
    served = tmp_path / "served"
    served.mkdir()
    with tarfile.open(served / "python.tar.gz", "w:gz") as tar:
        tar.add(by_apt.tree, "python")
    digest = hashlib.sha256((served / "python.tar.gz").read_bytes()).hexdigest()
    (served / "inventory.toml").write_text(
        f'[[artifacts]]\nlanguage = "python"\nversion = "{by_apt.version}"\narch = "{platform.machine()}"\n'
        f'url = "python.tar.gz"\nchecksum = "sha256:{digest}"\n'
    )
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/inventory.toml", f"sha256:{digest}"
    server.shutdown()
    server.server_close()


def says(tree: Path, code: str) -> str:
    done = subprocess.run(
        [tree / "bin/python3", "-c", code], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@needs_apt
def test_the_suites_python_runs_from_its_own_folder_and_nowhere_else(by_apt):
    assert says(by_apt.tree, "import sys; print(sys.prefix)") == str(by_apt.tree)
    assert says(by_apt.tree, "import sys; print([p for p in sys.path if p.startswith('/usr')])") == "[]"
    assert says(by_apt.tree, "import sysconfig; print(sysconfig.get_path('purelib'))") == str(
        site_packages(by_apt.tree)
    )
    assert by_apt.uri.startswith(f"apt:{platform.freedesktop_os_release()['VERSION_CODENAME']}/python3")
    assert by_apt.digest.startswith("sha256:")


@needs_apt
def test_nothing_of_the_runtime_names_the_folder_where_it_was_made(by_apt):
    needle = str(by_apt.tree).encode()
    files = [path for path in by_apt.tree.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [path for path in files if needle in path.read_bytes()] == []
    assert not list(by_apt.tree.rglob("EXTERNALLY-MANAGED"))


@needs_apt
def test_a_mirror_serves_over_http_and_its_digest_is_recorded(tmp_path, by_apt, mirror):
    url, digest = mirror
    installed = install.install(
        RECIPE, Exactly(by_apt.version), build_at(tmp_path, SLUGC_RUNTIME_MIRROR=url), target="x"
    )
    assert (installed.source, installed.digest) == ("mirror", digest)
    assert says(tmp_path / "app/x", "import ssl, sqlite3; print('runs')") == "runs"


@needs_apt
def test_a_mirror_with_another_archive_than_promised_is_refused(tmp_path, by_apt, mirror):
    url, _ = mirror
    with (tmp_path / "served/python.tar.gz").open("ab") as archive:
        archive.write(b"more")
    build = build_at(tmp_path, SLUGC_RUNTIME_MIRROR=url, SLUGC_RUNTIME_SOURCE="mirror")
    with pytest.raises(Problem) as caught:
        install.obtain(RECIPE, Exactly(by_apt.version), build)
    assert "wrong sha256" in caught.value.evidence


@needs_apt
def test_a_mirror_that_does_not_answer_is_left_within_seconds_and_not_asked_again(tmp_path, capfd):
    build = build_at(tmp_path, SLUGC_RUNTIME_MIRROR="http://127.0.0.1:9/inventory.toml")
    mark = build.state / "unreachable-127.0.0.1_9"
    first = install.obtain(RECIPE, Anything(), build)
    assert first.source != "mirror"
    assert mark.exists()
    assert "Source mirror does not serve it: 127.0.0.1:9 could not be reached" in capfd.readouterr().out
    install.obtain(RECIPE, Anything(), build)
    assert "could not be reached a few minutes ago" in capfd.readouterr().out


@needs_apt
def test_without_a_network_the_store_still_serves(tmp_path):
    online = build_at(tmp_path, SLUGC_RUNTIME_SOURCE="apt")
    first = install.obtain(RECIPE, Anything(), online)
    lists = next((tmp_path / "runtimes/state").glob("apt-*/updated"))
    os.utime(lists, (time.time() - 1e6,) * 2)
    offline = build_at(tmp_path, SLUGC_RUNTIME_SOURCE="apt", SLUGC_OFFLINE="1", http_proxy="http://127.0.0.1:9")
    assert install.obtain(RECIPE, Anything(), offline) == first


def test_builds_that_uv_knows_are_installed_from_where_it_is_told(tmp_path, by_apt):
    tree = tmp_path / "pack/python"
    shutil.copytree(by_apt.tree, tree, symlinks=True)
    with tarfile.open(tmp_path / "cpython.tar.gz", "w:gz") as tar:
        tar.add(tree, "python")
    parts = [int(part) for part in by_apt.version.split(".")]
    key = f"cpython-{by_apt.version}-linux-{platform.machine()}-gnu"
    (tmp_path / "builds.json").write_text(
        json.dumps(
            {
                key: {
                    "name": "cpython",
                    "arch": {"family": platform.machine(), "variant": None},
                    "os": "linux",
                    "libc": "gnu",
                    **dict(zip(("major", "minor", "patch"), parts, strict=True)),
                    "prerelease": "",
                    "url": (tmp_path / "cpython.tar.gz").as_uri(),
                    "sha256": hashlib.sha256((tmp_path / "cpython.tar.gz").read_bytes()).hexdigest(),
                    "variant": None,
                    "build": None,
                }
            }
        )
    )
    told = {"UV_PYTHON_DOWNLOADS_JSON_URL": str(tmp_path / "builds.json"), "SLUGC_RUNTIME_SOURCE": "standalone"}
    installed = install.obtain(RECIPE, Series(f"{parts[0]}.{parts[1]}"), build_at(tmp_path, **told))
    assert (installed.version, installed.uri) == (by_apt.version, "standalone:cpython.tar.gz")
    assert says(installed.tree, "import sys; print(sys.prefix)") == str(installed.tree)


def test_a_folder_of_a_wheel_can_be_a_runtime(tmp_path):
    source = PypiSource(
        language="tool", package="iniconfig", folder="iniconfig", requirement=lambda spec: f"=={spec.text}"
    )
    recipe = Recipe(language="tool", title="Tool", sources=(source,))
    installed = install.obtain(recipe, Exactly("2.0.0"), build_at(tmp_path))
    assert (installed.version, installed.uri) == ("2.0.0", "pypi:iniconfig==2.0.0")
    assert (installed.tree / "__init__.py").is_file()


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm, which knows its registry")
def test_a_package_of_npm_is_fetched_by_its_integrity(tmp_path):
    recipe = Recipe(
        language="tool",
        title="Tool",
        sources=(NpmSource(language="tool", package="ms", only=("index.js", "package.json")),),
        smoke=(),
    )
    installed = install.obtain(recipe, Series("2.1"), build_at(tmp_path))
    assert installed.version.startswith("2.1.")
    assert sorted(path.name for path in installed.tree.iterdir()) == ["index.js", "package.json"]


def _obtain(folder: str, results) -> None:
    installed = install.obtain(RECIPE, Anything(), build_at(Path(folder), SLUGC_RUNTIME_SOURCE="apt"))
    results.put((installed.key, (installed.tree / "bin").stat().st_ino))


@needs_apt
def test_two_builds_that_want_the_same_runtime_make_it_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    both = [context.Process(target=_obtain, args=(str(tmp_path), results)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(300)
    assert [one.exitcode for one in both] == [0, 0]
    assert len({results.get(timeout=30) for _ in both}) == 1
