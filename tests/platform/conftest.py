"""A platform of its own for a test: the real process, driven by the real command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from slugc.addons.servers import free_port

BUILDPACK = {
    "bin/detect": "#!/bin/sh\necho Plain\n",
    "bin/compile": "#!/bin/sh\necho '-----> Nothing to compile'\n",
}
SERVER = """
import http.server, json, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("asked for", self.path, flush=True)
        found = {"dyno": os.environ["DYNO"], "env": dict(os.environ), "files": sorted(os.listdir("."))}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answer).serve_forever()
"""
WORKER = """
import os, time
while True:
    print("queue of", os.environ["DYNO"], os.environ.get("ENERGY"), flush=True)
    time.sleep(1)
"""


@dataclass
class Answered:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Platform:
    """`slugc ...` with a SLUGC_HOME of its own."""

    home: Path
    port: int = field(default_factory=free_port)

    @property
    def env(self) -> dict[str, str]:
        ours = {"SLUGC_HOME": str(self.home), "LANG": "C.UTF-8"}
        return {**{name: value for name, value in os.environ.items() if not name.startswith("SLUGC_")}, **ours}

    def slugc(self, *words: str, ok: bool = True, cwd: Path | None = None, stdin: str = "", **env: str) -> Answered:
        done = subprocess.run(
            [sys.executable, "-m", "slugc", *words],
            capture_output=True,
            text=True,
            input=stdin,
            cwd=cwd or self.home,
            env={**self.env, **env},
            timeout=300,
        )
        if ok:
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return Answered(done.returncode, done.stdout, done.stderr)

    def start(self) -> int:
        self.slugc("platform", "start", "--detach", "--port", str(self.port))
        return self.pid

    @property
    def pid(self) -> int:
        return int((self.home / "state" / "platform.lock").read_text())

    def kill(self) -> None:
        """kill -9, and wait until the kernel has let go of the lock."""
        pid = self.pid
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not Path(f"/proc/{pid}").exists() or zombie(pid))

    def get(self, app: str, path: str = "/") -> tuple[int, Any]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Host": f"{app}.localhost"})
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def deploy(self, app: str, source: Path, *, ok: bool = True) -> Answered:
        return self.slugc("deploy", str(source), "--buildpack", str(source.parent / "plain"), "--app", app, ok=ok)

    def eventually(self, holds: Callable[[], Any], *, seconds: float = 60.0) -> Any:
        return eventually(holds, seconds=seconds)

    def nothing_runs(self) -> None:
        """Wait until no process of this platform is left."""
        deadline = time.monotonic() + 60
        while left := self.processes():
            assert time.monotonic() < deadline, left
            time.sleep(0.05)

    def states(self, app: str) -> dict[str, str]:
        return {row["name"]: row["state"] for row in self.slugc("ps", "--app", app, "--json").json}

    def processes(self) -> list[str]:
        """Command lines of this platform's children that are alive: whatever names its folder, or its dynos."""
        found = []
        for proc in Path("/proc").iterdir():
            if proc.name.isdigit():
                try:
                    env = (proc / "environ").read_bytes()
                    line = (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:
                    continue
                mine = (f"MARK={self.home}\0", f"SLUGC_OWNER={self.home}\0")
                if line and (any(text.encode() in env for text in mine) or str(self.home) in line):
                    found.append(line)
        return found


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def eventually(holds: Callable[[], Any], *, seconds: float = 60.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
    return found


@pytest.fixture
def platform_of() -> Iterator[Callable[[Path], Platform]]:
    """Gives platforms for folders of the test's choice, and stops them."""
    if not Path("/usr/bin/python3").exists():
        pytest.skip("the apps of these tests run on the system's own /usr/bin/python3, which is not there")
    made: list[Platform] = []

    def make(home: Path) -> Platform:
        made.append(Platform(home))
        return made[-1]

    try:
        yield make
    finally:
        for platform in made:
            if platform.home.exists():
                platform.slugc("platform", "stop", ok=False)


@pytest.fixture
def platform(platform_of: Callable[[Path], Platform]) -> Iterator[Platform]:
    home = Path(tempfile.mkdtemp(prefix="slugc-platform-"))
    made = platform_of(home)
    try:
        yield made
    finally:
        made.slugc("platform", "stop", ok=False)
        subprocess.run(["chmod", "-R", "u+rwX", str(home)], check=False)
        shutil.rmtree(home, ignore_errors=True)


def make_app(
    folder: Path, *, procfile: str = "web: python3 server.py\nqueuty: python3 worker.py\n", **files: str
) -> Path:
    """A two-process app that needs no dependencies, and a buildpack beside it."""
    source = folder / "app"
    source.mkdir(parents=True, exist_ok=True)
    for name, text in {"server.py": SERVER, "worker.py": WORKER, "Procfile": procfile, **files}.items():
        (source / name).write_text(text)
    for name, text in BUILDPACK.items():
        path = folder / "plain" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return source


@pytest.fixture
def app_in() -> Callable[..., Path]:
    return make_app


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_app(tmp_path)
