"""One process owns SLUGC_HOME: who may start it, who may speak to it, and what a kill leaves behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.platform.conftest import Platform

pytestmark = pytest.mark.slow
ORDINARY = 2345


def test_without_a_platform_a_command_says_how_to_start_one(platform: "Platform") -> None:
    said = platform.slugc("apps", ok=False)
    assert said.code == 78
    assert "slugc platform start --detach" in said.err


def test_a_second_platform_is_refused_by_the_pid_of_the_first(platform: "Platform") -> None:
    pid = platform.start()
    for words in (["--detach"], []):
        said = platform.slugc("platform", "start", *words, "--port", "1", ok=False)
        assert said.code == 72
        assert f"process {pid}" in said.err
    status = platform.slugc("platform", "status", "--json").json
    assert status["pid"] == pid
    assert "cgroup" in status["limits"] or "rlimits" in status["limits"]


def test_stop_ends_everything_and_a_second_stop_says_that_nothing_runs(platform: "Platform", source: Path) -> None:
    platform.start()
    platform.slugc("apps", "create", "shop")
    platform.slugc("config", "set", f"MARK={platform.home}", "--app", "shop")
    platform.deploy("shop", source)
    platform.eventually(lambda: platform.states("shop") == {"web.1": "up"})
    platform.slugc("platform", "stop")
    assert platform.processes() == []
    assert "No platform runs" in platform.slugc("platform", "stop").err


def test_sigterm_ends_it_as_cleanly(platform: "Platform", source: Path) -> None:
    pid = platform.start()
    os.kill(pid, signal.SIGTERM)
    platform.eventually(lambda: platform.slugc("platform", "status", ok=False).code == 78)
    platform.nothing_runs()


def test_another_user_of_the_machine_is_refused(platform: "Platform") -> None:
    platform.start()
    if os.geteuid() != 0:
        pytest.skip("only root can try as another user")
    sock = platform.home / "state" / "platform.sock"
    assert sock.stat().st_mode & 0o077 == 0
    # The modes of file and folder are the first wall; take them away to try the second.
    for path in (platform.home, platform.home / "state", sock):
        path.chmod(0o777)
    ask = (
        "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
        "s.sendall(b'GET /apps HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(4096).decode())"
    )
    become = ["/usr/bin/setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", "--"]
    theirs = subprocess.run([*become, "/usr/bin/python3", "-c", ask, str(sock)], capture_output=True, text=True)
    assert theirs.stdout.startswith("HTTP/1.1 403"), theirs.stderr
    ours = subprocess.run([sys.executable, "-c", ask, str(sock)], capture_output=True, text=True)
    assert ours.stdout.startswith("HTTP/1.1 200"), ours.stderr


def test_state_is_closed_to_other_users(platform: "Platform") -> None:
    platform.start()
    platform.slugc("apps", "create", "shop")
    assert (platform.home / "state").stat().st_mode & 0o077 == 0
    for path in (platform.home / "state").rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_port_that_is_taken_is_said_and_leaves_no_platform_behind(platform: "Platform") -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        platform.port = taken.getsockname()[1]
        said = platform.slugc("platform", "start", "--detach", "--port", str(platform.port), ok=False)
    assert (said.code, said.err.count("Error:")) == (92, 1)
    assert f"127.0.0.1:{platform.port} (router.port-taken)" in said.err
    platform.start()


def test_a_port_that_the_system_keeps_is_not_taken_for_a_taken_one() -> None:
    limit = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if os.geteuid() != 0 or limit < 2:
        pytest.skip("only root can become somebody whom the system refuses a port")
    # Loaded first: the interpreter's own modules may lie where an ordinary user cannot read.
    script = f"from slugc.router.keeper import check_port; import os; os.setgid({ORDINARY}); os.setuid({ORDINARY})"
    script += "; check_port('127.0.0.1', 1)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "PortForbidden" in done.stderr


def test_somebody_elses_platform_is_not_said_to_be_down(platform: "Platform") -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can try as another user")
    platform.start()
    platform.home.chmod(0o755)
    script = (
        "import os, sys; from slugc.cli import run; import slugc.cli.remote, slugc.cli.platform, slugc.cli.failure\n"
        "import slugc.server.detached, slugc.cli.ps, slugc.cli.logs, slugc.host.unix_http\n"
        f"os.setgid({ORDINARY}); os.setuid({ORDINARY}); sys.exit(run(sys.argv[1:]))"
    )
    for words in (["ps", "--app", "shop"], ["platform", "stop"], ["logs", "--app", "shop"]):
        done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, env=platform.env)
        assert (done.returncode, "platform.other-user" in done.stderr) == (79, True), (words, done.stderr)
    assert platform.slugc("platform", "status").code == 0


def test_requests_while_the_platform_starts_wait_for_their_app(platform: "Platform", source: Path) -> None:
    platform.start()
    for app in ("shop", "blog"):
        platform.slugc("apps", "create", app)
        platform.deploy(app, source)
    platform.slugc("platform", "stop")
    child = subprocess.Popen(
        [sys.executable, "-m", "slugc", "platform", "start", "--detach", "--port", str(platform.port)],
        env=platform.env,
        stdout=subprocess.DEVNULL,
    )
    found: list[int] = []
    deadline = time.monotonic() + 120
    while len(found) < 50:
        assert time.monotonic() < deadline
        try:
            found += [platform.get(app)[0] for app in ("shop", "blog")]
        except OSError:
            time.sleep(0.005)  # it does not listen yet
    assert child.wait(60) == 0
    assert set(found) == {200}


def test_a_killed_platform_leaves_no_dyno_and_the_next_one_brings_the_formation_back(
    platform: "Platform", source: Path
) -> None:
    platform.start()
    platform.slugc("apps", "create", "shop")
    platform.slugc("config", "set", f"MARK={platform.home}", "--app", "shop")
    platform.deploy("shop", source)
    platform.slugc("ps:scale", "web=2", "queuty=1", "--app", "shop")
    wanted = {"web.1": "up", "web.2": "up", "queuty.1": "up"}
    platform.eventually(lambda: platform.states("shop") == wanted)
    assert len([line for line in platform.processes() if "worker.py" in line]) >= 1
    platform.kill()
    platform.nothing_runs()
    platform.start()
    platform.eventually(lambda: platform.states("shop") == wanted)
    assert platform.get("shop")[0] == 200


def test_a_platform_that_stands_still_is_neither_called_absent_nor_waited_for(platform: "Platform") -> None:
    pid = platform.start()
    os.kill(pid, signal.SIGSTOP)
    try:
        said = platform.slugc("platform", "status", ok=False)
        assert said.code == 78
        assert f"(process {pid}) does not answer" in said.err
        assert f"kill -9 {pid}" in said.err
    finally:
        os.kill(pid, signal.SIGCONT)
    assert platform.slugc("platform", "status", "--json").json["pid"] == pid


def test_a_platform_that_does_not_listen_yet_is_stopped(platform: "Platform") -> None:
    pid = platform.start()
    (platform.home / "state" / "platform.sock").unlink()
    assert f"process {pid}" in platform.slugc("platform", "stop").err
    platform.nothing_runs()
