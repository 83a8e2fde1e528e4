"""The walk through the platform that its users know, from `apps create` to `ps:scale web+5`, with real processes,
a real Python app, and real PostgreSQL and Redis."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from slugc.addons.locate import SERVICES, bin_folder
from slugc.errors.addons import ServerMissing

if TYPE_CHECKING:
    from tests.platform.conftest import Platform

pytestmark = pytest.mark.slow

SERVER = """
import http.server, json, os
import psycopg, redis

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("asked for", self.path, flush=True)
        found = {"dyno": os.environ["DYNO"], "energy": os.environ.get("ENERGY"), "files": os.listdir(".")}
        if self.path == "/data":
            queue = redis.Redis.from_url(os.environ["REDIS_URL"])
            found["visits"] = queue.incr("visits")
            with psycopg.connect(os.environ["DATABASE_URL"]) as database:
                database.execute("CREATE TABLE IF NOT EXISTS visits (dyno text)")
                database.execute("INSERT INTO visits VALUES (%s)", [os.environ["DYNO"]])
                found["rows"] = database.execute("SELECT count(*) FROM visits").fetchone()[0]
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answer).serve_forever()
"""


def git(source: Path, *words: str) -> str:
    identity = ["-c", "user.name=dev", "-c", "user.email=dev@example.com"]
    done = subprocess.run(["git", *identity, *words], cwd=source, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def article(tmp_path: Path, app_in) -> Path:
    for service in SERVICES.values():
        try:
            bin_folder(service, which=shutil.which)
        except ServerMissing as error:
            pytest.skip(error.hint)
    files = {"server.py": SERVER, "requirements.txt": "redis\npsycopg[binary]\n", ".python-version": "3.11\n"}
    source = app_in(tmp_path, procfile="web: python server.py\nqueuty: python worker.py\n", **files)
    git(source, "init", "-q", "-b", "main")
    git(source, "add", ".")
    git(source, "commit", "-q", "-m", "first")
    return source


def test_the_articles_walk(platform: "Platform", article: Path) -> None:
    app = ("--app", "demoapp")
    platform.start()
    made = platform.slugc("apps:create", "demoapp", cwd=article)
    assert made.out.startswith("http://127.0.0.1:")

    # Deploy: the description names the commit, the first deploy scales web to 1.
    deployed = platform.slugc("deploy", ".", cwd=article)
    assert "deployed as v3" in deployed.out
    commit = git(article, "rev-parse", "HEAD")
    platform.eventually(lambda: platform.states("demoapp") == {"web.1": "up"})
    assert platform.get("demoapp")[1]["dyno"] == "web.1"

    # Both spellings, in the app's folder without --app.
    scaled = platform.slugc("ps:scale", "web=3", "queuty=2", cwd=article)
    assert "now running web at 3:Standard-1X, queuty at 2:Standard-1X" in scaled.err
    wanted = {"web.1", "web.2", "web.3", "queuty.1", "queuty.2"}
    platform.eventually(lambda: platform.states("demoapp") == dict.fromkeys(wanted, "up"))
    listed = platform.slugc("ps", *app).out
    assert "=== web (Standard-1X): python server.py (3)" in listed
    assert re.search(r"^queuty\.2: up \d{4}/\d\d/\d\d \d\d:\d\d:\d\d \+0000 \(~ \d+s ago\)$", listed, re.MULTILINE)
    row = platform.slugc("ps", *app, "--json").json[0]
    assert {"name", "type", "state", "size", "command", "release"} <= set(row)
    platform.eventually(lambda: {platform.get("demoapp")[1]["dyno"] for _ in range(20)} == {"web.1", "web.2", "web.3"})

    # Config vars: one release each, and a restart.
    said = platform.slugc("config:set", "ENERGY=20 watts", *app)
    assert "done, v4" in said.err
    assert said.out == "ENERGY: 20 watts\n"
    platform.eventually(lambda: platform.get("demoapp")[1]["energy"] == "20 watts")
    assert "nothing changed, still v4" in platform.slugc("config", "set", "ENERGY=20 watts", *app).err

    # Add-ons, written and read by the app.
    for service, variable in (("redis", "REDIS_URL"), ("postgresql", "DATABASE_URL")):
        assert f"Setting {variable}" in platform.slugc("addons:create", service, *app).err
    first = platform.eventually(lambda: (found := platform.get("demoapp", "/data"))[0] == 200 and found[1])
    second = platform.get("demoapp", "/data")[1]
    assert (second["visits"] - first["visits"], second["rows"] - first["rows"]) == (1, 1)

    # Releases and rollback.
    releases = platform.slugc("releases", *app, "--json").json
    assert [r["version"] for r in releases] == [6, 5, 4, 3, 2, 1]
    assert releases[3]["description"] == f"Deploy {commit[:8]}"
    assert releases[3]["commit"] == commit
    assert {"status", "current", "user", "created_at", "slug"} <= set(releases[0])
    assert platform.slugc("releases", *app).out.startswith("=== demoapp Releases - Current: v6\n")
    assert "done, v7" in platform.slugc("rollback", "v3", *app).err
    config = {row["name"] for row in platform.slugc("config", *app, "--json").json}
    assert config == {"REDIS_URL", "DATABASE_URL"}, "a rollback leaves add-ons alone"
    assert platform.slugc("releases:info", "v7", *app, "--json").json["description"] == "Rollback to v3"
    assert "7 releases verified" in platform.slugc("releases:verify", *app).out

    # A one-off dyno has its own throw-away file system.
    ran = platform.slugc("run", *app, "bash", stdin="echo mine > written; ls; echo $DYNO; exit 3\n", ok=False)
    assert ran.code == 3
    assert "written" in ran.out.split()
    assert re.search(r"^run\.\d{4}$", ran.out, re.MULTILINE)
    assert "written" not in platform.slugc("run", *app, "ls").out.split()
    platform.eventually(lambda: platform.get("demoapp")[0] == 200)
    assert "written" not in platform.get("demoapp")[1]["files"]

    # One dyno's log, followed as it comes.
    tail = subprocess.Popen(
        [sys.executable, "-m", "slugc", "logs", "--ps", "web.1", "--tail", *app],
        env=platform.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert tail.stdout is not None
        found = platform.eventually(
            lambda: any(platform.get("demoapp", "/followed")[1]["dyno"] == "web.1" for _ in range(20))
        )
        assert found
        for line in tail.stdout:
            assert "[web.1]: " in line
            if line.endswith("app[web.1]: asked for /followed\n"):
                break
        else:
            pytest.fail("the line never came")
    finally:
        tail.kill()
        tail.communicate()

    # Relative scale.
    assert "web at 8:Standard-1X" in platform.slugc("ps:scale", "web+5", *app).err
    names = {f"web.{n}" for n in range(1, 9)} | {"queuty.1", "queuty.2"}
    platform.eventually(lambda: platform.states("demoapp") == dict.fromkeys(names, "up"), seconds=120)
