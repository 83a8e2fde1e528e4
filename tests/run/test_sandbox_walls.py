"""The walls, tried by real children: as this user, and as root also as an ordinary one."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from slugc import stack
from slugc.dynos.process import members, signal_members
from slugc.host.files import remove_tree
from slugc.host.home import Home
from slugc.host.processes import Command, Completed, capture, opened_payloads
from slugc.model.mount import Mount, data_file, link, overlay, read_only, scratch, writable
from slugc.sandbox.bubblewrap import Bubblewrap
from slugc.sandbox.choose import try_bubblewrap
from slugc.sandbox.spec import Engine, Limits, SandboxSpec
from slugc.sandbox.unisolated import Unisolated

ORDINARY = 54321
PATIENCE = 60.0

As = Callable[[Command], Command]


def as_this_user(command: Command) -> Command:
    return command


def as_an_ordinary_user(command: Command) -> Command:
    become = ("/usr/bin/setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", "--")
    return replace(command, argv=(*become, *command.argv))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that an ordinary user can reach: pytest's own are closed to others."""
    folder = tmp_path
    while folder != Path("/tmp") and folder != Path("/"):
        with contextlib.suppress(PermissionError):
            folder.chmod(0o755)
        folder = folder.parent
    return tmp_path


@pytest.fixture(params=["this-user", "ordinary-user"])
def who(request: pytest.FixtureRequest) -> tuple[As, int]:
    attempt = try_bubblewrap()
    if attempt.program is None:
        pytest.skip(attempt.reason)
    if request.param == "this-user":
        return as_this_user, os.getuid()
    if os.getuid() != 0:
        pytest.skip("already an ordinary user")
    if not Path("/usr/bin/setpriv").exists():
        pytest.skip("setpriv (util-linux) is not installed")
    if capture(as_an_ordinary_user(Command(argv=(str(attempt.program), "--version"))))[0].status != 0:
        pytest.skip(f"{attempt.program} cannot be reached by an ordinary user")
    return as_an_ordinary_user, ORDINARY


class Box:
    """A sandbox on the host stack, with a writable /app."""

    def __init__(self, engine: Engine, become: As, place: Path, uid: int) -> None:
        self.engine, self.become, self.app = engine, become, place / "app"
        self.app.mkdir()
        os.chown(self.app, uid, uid)
        self.stack = stack.find("host", home=Home(place / "home"))

    def spec(
        self, script: str, *more: Mount, env: Mapping[str, str] | None = None, network: bool = True
    ) -> SandboxSpec:
        mounts = (*self.stack.mounts("run"), writable(self.app, "/app"), *more)
        whole = {"PATH": self.stack.path, "HOME": "/app", **(env or {})}
        return SandboxSpec(argv=("/bin/bash", "-c", script), cwd="/app", env=whole, mounts=mounts, network=network)

    def command(self, spec: SandboxSpec) -> Command:
        return self.become(self.engine.command(spec))

    def sh(self, script: str, *more: Mount, **choices: object) -> tuple[Completed, str, str]:
        return capture(self.command(self.spec(script, *more, **choices)), timeout=PATIENCE)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def started(self, script: str) -> Iterator[subprocess.Popen[str]]:
        with opened_payloads(self.command(self.spec(script))) as (argv, descriptors):
            child = subprocess.Popen(argv, env={}, pass_fds=descriptors, stdout=subprocess.PIPE, text=True)
        try:
            yield child
        finally:
            child.kill()
            child.communicate()


@pytest.fixture
def box(who: tuple[As, int], place: Path) -> Box:
    program = try_bubblewrap().program
    assert program is not None
    return Box(Bubblewrap(program=program), who[0], place, who[1])


@pytest.fixture
def open_box(place: Path) -> Box:
    """The same without walls."""
    return Box(Unisolated(scratch=place / "work"), as_this_user, place, os.getuid())


@pytest.fixture(params=["bubblewrap", "none"])
def any_box(request: pytest.FixtureRequest, place: Path) -> Box:
    """With walls and without: what holds for both."""
    attempt = try_bubblewrap()
    if request.param == "none":
        return Box(Unisolated(scratch=place / "work"), as_this_user, place, os.getuid())
    if attempt.program is None:
        pytest.skip(attempt.reason)
    return Box(Bubblewrap(program=attempt.program), as_this_user, place, os.getuid())


def gone(pid: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def running_with(mark: str) -> list[int]:
    """Pids of all processes of this machine whose command line holds `mark`."""
    return [
        process.pid for process in psutil.process_iter(["cmdline"]) if mark in " ".join(process.info["cmdline"] or ())
    ]


def test_the_callers_home_is_not_there(box: Box, place: Path) -> None:
    secret = place / "secret"
    secret.write_text("key")
    secret.chmod(0o644)
    completed, out, _ = box.sh(f"cat {secret} {Path.home()}/.ssh/* /etc/shadow /etc/ssl/private/*; ls -A /home /root")
    assert completed.status != 0
    assert out == ""


def test_a_variable_of_the_callers_environment_is_not_there(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLERS_TOKEN", "leak")
    _, out, _ = box.sh("env; cat /proc/*/environ", env={"ONLY": "this"})
    assert "leak" not in out
    assert "ONLY=this" in out.splitlines()


@pytest.mark.parametrize("target", ["/usr/x", "/etc/x", "/x", "/usr/bin/env", "/opt/x"])
def test_the_system_cannot_be_written(box: Box, target: str) -> None:
    completed, _, stderr = box.sh(f"echo x > {target}")
    assert completed.status != 0
    assert "Read-only file system" in stderr or "No such file" in stderr
    assert target == "/usr/bin/env" or not Path(target).exists()


def test_other_processes_cannot_be_seen_nor_signalled(box: Box) -> None:
    _, out, _ = box.sh(f"cat /proc/[0-9]*/comm | sort -u; kill -0 {os.getpid()} && echo reached")
    assert set(out.splitlines()) <= {"bwrap", "bash", "cat", "sort"}


def test_the_child_is_an_ordinary_user_without_capabilities(box: Box) -> None:
    _, out, _ = box.sh("id -u; id -g; id -un; grep CapEff /proc/self/status; echo $HOME; touch f && stat -c %U f")
    assert out.splitlines() == ["1000", "1000", "dyno", "CapEff:\t0000000000000000", "/app", "dyno"]
    assert (box.app / "f").exists()


def test_with_the_network_off_not_even_loopback_leads_out(box: Box) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        probe = f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected"
        assert box.sh(probe, network=False)[1] == ""
        assert box.sh(probe, network=True)[1] == "connected"


def test_tmp_is_private_and_empty(box: Box) -> None:
    _, out, _ = box.sh("ls -A /tmp /var/tmp /run | grep -v :; touch /tmp/seen-by-others && stat -c %a /tmp")
    assert [line for line in out.splitlines() if line] == ["1777"]
    assert not Path("/tmp/seen-by-others").exists()


def test_writes_over_an_overlay_are_thrown_away_and_the_tree_below_stays(box: Box, place: Path) -> None:
    tree = place / "tree"
    tree.mkdir()
    (tree / "f").write_text("old\n")
    for path in (tree, tree / "f"):
        os.chown(path, box.app.stat().st_uid, box.app.stat().st_gid)
    script = "cat f; echo new > f; cat f; rm f; touch g; ls"
    for _ in range(2):
        assert box.sh(script, overlay(tree, "/app"))[1].splitlines() == ["old", "new", "g"]
    assert (tree / "f").read_text() == "old\n"


def test_writes_over_an_overlay_with_an_upper_folder_land_there(box: Box, place: Path) -> None:
    tree, upper = place / "tree", place / "upper"
    for folder in (tree, upper, upper / "upper", upper / "work"):
        folder.mkdir()
        os.chown(folder, box.app.stat().st_uid, box.app.stat().st_gid)
    assert box.sh("echo big > made", overlay(tree, "/app", upper=upper))[0].status == 0
    assert (upper / "upper/made").read_text() == "big\n"
    assert list(tree.iterdir()) == []
    # The kernel leaves a folder of mode 000 in it.
    remove_tree(upper)
    assert not upper.exists()


def test_files_of_bytes_and_links_stand_where_they_were_asked_for(box: Box) -> None:
    mounts = (data_file(b"536870912\n", "/sys/fs/cgroup/memory.max"), link("/app", "/workspace"), scratch("/layers"))
    _, out, _ = box.sh("cat /sys/fs/cgroup/memory.max; cd /workspace && pwd -P; touch /layers/x && echo made", *mounts)
    assert out.splitlines() == ["536870912", "/app", "made"]


def test_the_child_can_look_up_its_own_name(box: Box) -> None:
    spec = replace(box.spec("cat /proc/sys/kernel/hostname; getent hosts web.1"), hostname="web.1")
    completed, out, _ = capture(box.command(spec), timeout=PATIENCE)
    assert (completed.status, out.split()) == (0, ["web.1", "127.0.1.1", "web.1"])


def test_limits_hold_inside(box: Box) -> None:
    limits = Limits(open_files=64, file_size=1 << 20, memory=1 << 30)
    spec = replace(box.spec("ulimit -n; ulimit -v; head -c 3000000 /dev/zero > f"), limits=limits)
    completed, out, _ = capture(box.command(spec), timeout=PATIENCE)
    assert out.splitlines() == ["64", str((1 << 30) // 1024)]
    assert completed.status != 0
    assert (box.app / "f").stat().st_size == 1 << 20


LONG = f"sleep 98{os.getpid()}"
"""A command line that no other test process on this machine has."""
DAEMON = f"(setsid {LONG} </dev/null >/dev/null 2>&1 &); (setsid setsid {LONG} >&- 2>&- &) ; "


def test_a_daemon_does_not_outlive_its_command(box: Box) -> None:
    assert box.sh(DAEMON + "exit 5")[0].status == 5
    # bubblewrap returns when the command does; the kernel clears its process namespace some milliseconds later.
    assert all(gone(pid) for pid in running_with(LONG))


def test_a_daemon_does_not_outlive_its_command_without_walls_either(open_box: Box) -> None:
    assert open_box.sh(DAEMON + "exit 5")[0].status == 5
    assert running_with(LONG) == []


def test_killing_the_started_process_ends_everything_inside(any_box: Box) -> None:
    script = DAEMON + "trap '' TERM; echo ready; while :; do sleep 97; done"
    with any_box.started(script) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        within = members(child.pid)
        assert len(within) >= 3
        child.kill()
        assert all(gone(pid) for pid in within)


def test_a_signal_reaches_the_command_inside_and_not_the_engine(any_box: Box) -> None:
    script = "trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    with any_box.started(script) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        assert signal_members(child.pid, signal.SIGTERM) >= 1
        assert child.stdout.readline() == "bye\n"
        assert child.wait(PATIENCE) == 9


def test_without_walls_the_shared_tree_is_copied_and_the_copy_is_removed(open_box: Box, place: Path) -> None:
    tree = place / "tree"
    tree.mkdir()
    (tree / "f").write_text("old\n")
    script = "cat f; echo new > f; cat f $CONFIG; mkdir -p locked/x; chmod 000 locked; exit 3"
    mounts = (overlay(tree, "/app"), data_file(b"bytes\n", "/opt/slugc/config"))
    completed, out, _ = open_box.sh(script, *mounts, env={"CONFIG": "/opt/slugc/config"})
    assert (completed.status, out.splitlines()) == (3, ["old", "new", "bytes"])
    assert (tree / "f").read_text() == "old\n"
    assert list((place / "work").iterdir()) == []


def test_without_walls_a_folder_of_mounted_things_has_a_place_too(open_box: Box, place: Path) -> None:
    tool = place / "some-tool"
    tool.write_text("#!/bin/sh\necho tool\n")
    tool.chmod(0o755)
    (place / "prefix").mkdir()
    mounts = (read_only(tool, "/opt/slugc/tools/bin/tool"), read_only(place / "prefix", "/opt/slugc/hosts/3.11"))
    completed, out, err = open_box.sh(
        "$TOOLS/bin/tool; ls $HOSTS", *mounts, env={"TOOLS": "/opt/slugc/tools", "HOSTS": "/opt/slugc/hosts"}
    )
    assert (completed.status, out.split()) == (0, ["tool", "3.11"]), err
    assert list((place / "work").iterdir()) == []
    assert tool.exists()


def test_without_walls_a_program_that_is_not_there_is_named(open_box: Box) -> None:
    spec = replace(open_box.spec(""), argv=("no-such-program",))
    completed, _, stderr = capture(open_box.command(spec), timeout=PATIENCE)
    assert completed.status == 127
    assert "no-such-program" in stderr
