"""`slugc start` as a user types it: a URL that answers, a log that can be read, an end that leaves nothing."""

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SERVER = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (os.environ["DYNO"] + " " + os.environ.get("KEY", "")).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        print("asked for", self.path, flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Answer).serve_forever()
"""
PROCFILE = """\
web: test "$KEY" = deaf && exec sleep 600; exec python3 -u server.py
worker: printf 'part'; sleep 0.2; printf 'ed line\\n'; exec sleep 600
silent: sleep 600
deaf: trap '' TERM; while :; do sleep 1; done
broken: echo going wrong; exit 3
flood: exec yes 'one of very many lines'
"""


class Started:
    """A running `slugc start`."""

    def __init__(self, home: Path, *words: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "slugc", "start", *words],
            env={**os.environ, "SLUGC_HOME": str(home), "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._rest = b""

    def expect(self, pattern: str, seconds: float = 120) -> re.Match[str]:
        """The first line, old or new, that the pattern is found in."""
        deadline, seen = time.monotonic() + seconds, 0
        assert self.process.stdout is not None
        while True:
            for line in self.lines[seen:]:
                if match := re.search(pattern, line):
                    return match
            seen = len(self.lines)
            assert time.monotonic() < deadline, self.lines
            if select.select([self.process.stdout], [], [], 0.2)[0]:
                data = os.read(self.process.stdout.fileno(), 65536)
                assert data, self.lines
                *lines, self._rest = (self._rest + data).split(b"\n")
                self.lines += [line.decode("utf-8", "replace") for line in lines]

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=120)
        self.lines += (self._rest + out).decode("utf-8", "replace").splitlines()
        return self.process.returncode


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def slug(tmp_path_factory: pytest.TempPathFactory, home: Path) -> str:
    root = tmp_path_factory.mktemp("shop")
    for name, text in {"detect": "echo Tiny", "compile": ":", "release": "echo ---"}.items():
        script = root / "pack" / "bin" / name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
    source = root / "source"
    source.mkdir()
    (source / "server.py").write_text(SERVER)
    (source / "Procfile").write_text(PROCFILE)
    out = root / "shop.slug"
    words = ["build", str(source), "-b", str(root / "pack"), "-o", str(out)]
    subprocess.run(
        [sys.executable, "-m", "slugc", *words], env={**os.environ, "SLUGC_HOME": str(home)}, check=True, timeout=300
    )
    return str(out)


@pytest.fixture
def started(home: Path) -> Iterator[list[Started]]:
    running: list[Started] = []
    yield running
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def text_of(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def test_the_printed_url_answers_at_the_port_that_was_asked_for(home: Path, slug: str, started: list[Started]) -> None:
    port = free_port()
    started.append(one := Started(home, slug, "--port", str(port), "-e", "KEY=of the release"))
    assert one.expect(r"^http://\S+$")[0] == f"http://127.0.0.1:{port}"
    assert get(f"http://127.0.0.1:{port}/x") == "web.1 of the release"
    one.expect(r"^\d{4}-\d\d-\d\dT\S+ app\[web\.1\]: asked for /x$")
    one.expect(r'heroku\[router\]: at=info method=GET path="/x" .*dyno=web\.1 .*status=200')
    assert one.end() == 130


def test_every_dyno_of_the_formation_has_its_name_before_its_lines(
    home: Path, slug: str, started: list[Started]
) -> None:
    started.append(one := Started(home, slug, "--port", str(free_port()), "-m", "web=2,worker=1"))
    url = one.expect(r"^http://\S+$")[0]
    one.expect(r"heroku\[web\.1\]: State changed from starting to up")
    one.expect(r"heroku\[web\.2\]: State changed from starting to up")
    one.expect(r"app\[worker\.1\]: parted line$")
    deadline = time.monotonic() + 60
    seen: set[str] = set()
    while len(seen) < 2:
        assert time.monotonic() < deadline
        seen.add(get(url))
    assert seen == {"web.1 ", "web.2 "}
    assert one.end(signal.SIGTERM) == 143


def test_nothing_runs_any_more_after_the_end(home: Path, slug: str, started: list[Started]) -> None:
    mark = f"shop-{os.getpid()}"
    started.append(one := Started(home, slug, "--port", str(free_port()), "-m", "web=1,worker=2", "-e", f"KEY={mark}"))
    one.expect(r"^http://\S+$")
    assert one.end() == 130
    deadline = time.monotonic() + 10
    while left := [entry for entry in Path("/proc").glob("[0-9]*/environ") if mark in text_of(entry)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert any("Process exited with status 143" in line for line in one.lines)


def test_kill_9_of_slugc_leaves_no_dyno(home: Path, slug: str, started: list[Started]) -> None:
    port = free_port()
    started.append(one := Started(home, slug, "--port", str(port), "-m", "web=2"))
    one.expect(r"^http://\S+$")
    one.end(signal.SIGKILL)
    deadline = time.monotonic() + 60
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        while entry.exists():
            try:
                if (
                    b"server.py" not in entry.read_bytes()
                    or f"PORT={port}" not in entry.with_name("environ").read_text()
                ):
                    break
            except (OSError, UnicodeDecodeError):
                break
            assert time.monotonic() < deadline, entry
            time.sleep(0.05)


def test_a_second_ctrl_c_does_not_wait_for_the_grace_time(home: Path, slug: str, started: list[Started]) -> None:
    started.append(one := Started(home, slug, "--port", str(free_port()), "-m", "deaf=1", "--grace", "600"))
    one.expect(r"heroku\[deaf\.1\]: State changed from starting to up")
    time.sleep(0.5)
    one.process.send_signal(signal.SIGINT)
    one.expect(r"heroku\[deaf\.1\]: Stopping all processes with SIGTERM")
    assert one.end() == 130


def test_a_web_process_that_does_not_listen_is_r10_with_exit_code_81(
    home: Path, slug: str, started: list[Started], tmp_path: Path
) -> None:
    started.append(one := Started(home, slug, "-m", "web=1", "--boot-timeout", "1", "-e", "KEY=deaf"))
    one.expect(r"Error R10 \(Boot timeout\) -> Web process failed to bind to \$PORT within 1 seconds of launch")
    one.process.wait(timeout=120)
    assert one.process.returncode == 81


def test_a_port_that_is_taken_is_said_before_anything_runs(home: Path, slug: str, started: list[Started]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        started.append(one := Started(home, slug, "--port", str(port)))
        one.expect(rf"{port}")
        assert one.process.wait(timeout=120) // 10 == 9


def test_a_wrong_formation_names_the_types_there_are(home: Path, slug: str, started: list[Started]) -> None:
    started.append(one := Started(home, slug, "-m", "wbe=1"))
    one.expect("no process type named wbe")
    one.expect("broken, deaf, flood, silent, web, worker")
    assert one.process.wait(timeout=120) == 83


def test_a_release_manifest_boots_with_its_own_config_vars_and_formation(
    home: Path, slug: str, started: list[Started], tmp_path: Path
) -> None:
    out = str(tmp_path / "release.json")
    subprocess.run(
        [sys.executable, "-m", "slugc", "release", slug, "-e", "KEY=kept", "-o", out],
        env={**os.environ, "SLUGC_HOME": str(home)},
        check=True,
        timeout=120,
    )
    started.append(one := Started(home, out, "--port", str(free_port())))
    assert get(one.expect(r"^http://\S+$")[0]) == "web.1 kept"
    assert one.end() == 130


def test_a_reader_that_goes_away_ends_the_app(home: Path, slug: str, started: list[Started]) -> None:
    started.append(one := Started(home, slug, "--port", str(free_port()), "-m", "web=1"))
    url = one.expect(r"^http://\S+$")[0]
    assert one.process.stdout is not None
    one.process.stdout.close()
    one.process.stdout = None
    get(url)
    assert one.process.wait(timeout=120) in (141, 1)


def test_a_log_that_nobody_reads_holds_up_neither_the_app_nor_its_end(
    slug: str, home: Path, started: list[Started]
) -> None:
    started.append(one := Started(home, slug, "-m", "web=1,flood=1"))
    url = one.expect(r"^http://\S+$")[0]
    before = get(url)
    time.sleep(3)  # the pipe is full, and so is what may wait
    assert get(url) == before == "web.1 "
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(60) == 143
    assert one.process.stdout is not None
    assert b"one of very many lines" in os.read(one.process.stdout.fileno(), 65536)


def test_lines_that_were_lost_on_a_slow_reader_are_counted(slug: str, home: Path, started: list[Started]) -> None:
    started.append(one := Started(home, slug, "-m", "web=1,flood=1"))
    one.expect(r"^http://\S+$")
    time.sleep(3)
    lost = one.expect(r"heroku\[logplex\]: Error L11 \(Tail buffer overflow\) -> .* dropped (\d+) messages\.$")
    assert int(lost[1]) > 0
    one.process.kill()
