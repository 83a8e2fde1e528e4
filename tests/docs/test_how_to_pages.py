"""The how-to pages for CI, one app and the platform: their commands, typed one after the other as they stand."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from slugc.addons.servers import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ON_PURPOSE = {
    "slugc addons destroy CACHE": 76,  # asks for its name, and nobody sits at a terminal
    "slugc logs --tail": None,  # until Ctrl-C
    "curl --cacert": None,  # its own test is in tests/platform
}
SERVER = """\
import http.server, os
place = ("0.0.0.0", int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(place, http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def page(name: str) -> str:
    return (ROOT / "docs/how-to" / name).read_text(encoding="utf-8")


def indented(text: str) -> list[str]:
    """Commands of indented blocks, without the remarks behind them."""
    return [re.sub(r"\s{2,}#.*$", "", line).strip() for line in re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)]


@dataclass
class Desk:
    """A folder with an app, and a shell in it."""

    app: Path
    env: dict[str, str]

    def type(self, line: str, *, home: str = "home") -> "subprocess.CompletedProcess[str]":
        env = {**self.env, "SLUGC_HOME": str(self.app.parent / home)}
        argv = ["bash", "-c", line]
        return subprocess.run(argv, cwd=self.app, env=env, capture_output=True, text=True, input="", timeout=300)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    if not Path("/usr/bin/python3").exists():
        pytest.skip("the app of this test runs on the system's own /usr/bin/python3, which is not there")
    app = tmp_path / "shop"
    for name, text in {
        "server.py": SERVER,
        "Procfile": "web: python3 server.py\nworker: while true; do sleep 1; done\n",
        "run-tests": "#!/bin/sh\ntest -f server.py\n",
        ".buildpacks": "./pack\n",
        ".slugignore": "/pack\n",
        ".env": "LOG=debug\n",
        "pack/bin/detect": "#!/bin/sh\necho Plain\n",
        "pack/bin/compile": "#!/bin/sh\necho '-----> Compiled' | tee -a \"$2/seen\"\n",
    }.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
        (app / name).chmod(0o755)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLUGC_")}
    found = Desk(app=app, env={**kept, "PATH": path, "NO_COLOR": "1", "EDITOR": "true"})
    yield found
    found.type("slugc platform stop")


def test_the_plain_shell_of_ci_does_no_work_twice(desk: Desk) -> None:
    (block,) = re.findall(r"## A plain shell\n\n```sh\n(.*?)```", page("build-in-ci.md"), re.DOTALL)
    first = desk.type(f"set -e\n{block}", home="runner-1")
    assert (first.returncode, "-----> Compiled" in first.stderr) == (0, True), first.stderr
    second = desk.type(f"set -e\n{block}", home="runner-2")
    assert (second.returncode, "Nothing changed" in second.stderr) == (0, True), second.stderr
    assert '"rebuild": false' in desk.type("slugc why . --app shop --json", home="runner-2").stdout
    last = desk.type("slugc build . --app shop -o shop.slug --json | tail -n 1", home="runner-2")
    assert '"type":"build.finished"' in last.stdout


def test_the_commands_for_one_app_do_what_the_page_says(desk: Desk) -> None:
    assert desk.type("slugc build . -o app.slug").returncode == 0
    lines = [line for line in indented(page("run-an-app.md")) if "slugc start" not in line]
    assert len(lines) >= 5
    for line in lines:
        done = desk.type(line)
        # psql, rake and pytest are the reader's own: here the dyno says that it has none, or no server.
        assert done.returncode == 0 or not line.startswith("slugc release"), (line, done.stderr)
        assert "Error: " not in done.stderr.replace("psql: error", ""), (line, done.stderr)
    assert desk.type("slugc run app.slug 'echo $DYNO | tr a-z A-Z'").stdout.startswith("RUN.")


def test_the_commands_for_a_platform_do_what_the_page_says(desk: Desk) -> None:
    servers = [name for name in ("redis-server", "postgres") if not shutil.which(name) and not _of_debian(name)]
    if servers:
        pytest.skip(f"{', '.join(servers)}: the add-ons of the page need real servers")
    lines = indented(page("run-a-platform.md"))
    assert len(lines) > 25
    elsewhere = desk.app.parent / "elsewhere"
    elsewhere.mkdir()
    desk.type(f"cd {elsewhere} && slugc platform start --detach --port {free_port()} && slugc apps create other")
    for line in lines[1:]:
        if line.startswith("slugc platform start"):
            continue
        expected = next((code for begin, code in ON_PURPOSE.items() if line.startswith(begin)), 0)
        if expected is None:
            continue
        done = desk.type(line)
        assert done.returncode == expected, (line, done.stdout, done.stderr)
    desk.type("slugc platform stop")


def _of_debian(program: str) -> bool:
    return any(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
