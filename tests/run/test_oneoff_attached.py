"""One-off dynos joined to a caller: its pipes or its terminal, the exit code, and nothing left behind."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from slugc.dynos.oneoff import attach
from slugc.dynos.process import members

if TYPE_CHECKING:
    from conftest import Stage


def piped(stage: "Stage", *words: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """The exit code and stdout of a one-off dyno in a process of its own."""
    inner, outer = os.pipe()
    back, out = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        with contextlib.suppress(BaseException):
            os.dup2(inner, 0)
            os.dup2(out, 1)
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            code = attach(stage.command(*words, env=env), terminal=False, grace=1)
        os._exit(code)
    os.close(inner)
    os.close(out)
    if not os.fork():
        os.close(back)
        with contextlib.suppress(OSError), os.fdopen(outer, "wb") as file:
            file.write(data)
        os._exit(0)
    os.close(outer)
    with os.fdopen(back, "rb") as file:
        got = file.read()
    _, status = os.waitpid(child, 0)
    os.waitpid(-1, 0)
    return os.waitstatus_to_exitcode(status), got


class Terminal:
    """A person at a terminal in front of a one-off dyno."""

    def __init__(self, stage: "Stage", *words: str) -> None:
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            code = 99
            with contextlib.suppress(BaseException):
                code = attach(stage.command(*words, terminal=True), terminal=True, grace=1)
            os._exit(code)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def expect(self, text: bytes, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.fd, 65536)
                except OSError:
                    break
        assert text in self.seen, self.seen

    def leave(self) -> int:
        with contextlib.suppress(OSError):
            while data := os.read(self.fd, 65536):
                self.seen += data
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.fd)
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


def test_every_exit_code_from_0_to_255_is_the_commands_own(stage: "Stage") -> None:
    codes = (0, 1, 2, 7, 42, 100, 125, 126, 127, 128, 137, 143, 200, 254, 255)
    assert [piped(stage, "sh", "-c", f"exit {code}")[0] for code in codes] == list(codes)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGINT])
def test_a_command_that_a_signal_ended_exits_with_128_and_its_number(
    either_stage: "Stage", number: signal.Signals
) -> None:
    assert piped(either_stage, "sh", "-c", f"kill -{number.value} $$")[0] == 128 + number


def test_a_command_that_is_not_there_exits_with_127(either_stage: "Stage") -> None:
    assert piped(either_stage, "no-such-command", "x")[0] == 127


def test_bytes_go_in_and_come_out_unchanged_and_the_end_of_input_is_seen(either_stage: "Stage") -> None:
    data = bytes(range(256)) * 4000
    assert piped(either_stage, "cat", data=data) == (0, data)


def test_what_a_dyno_writes_is_gone_for_the_next_one(either_stage: "Stage") -> None:
    assert piped(either_stage, "sh", "-c", "echo x > f; mkdir -p sub; cat f; exit 7") == (7, b"x\n")
    assert piped(either_stage, "ls")[1] == b"server.py\n"
    assert not (either_stage.tree / "app" / "f").exists()


def test_a_dyno_can_write_to_its_app_its_home_and_tmp(stage: "Stage") -> None:
    script = (
        "pwd; echo ok > server.py && cat server.py && touch /tmp/a /var/tmp/b /dev/shm/c && rm server.py && echo $HOME"
    )
    assert piped(stage, script) == (0, b"/app\nok\n/app\n")
    assert (stage.tree / "app" / "server.py").exists()


def test_two_dynos_do_not_see_each_others_processes_or_files(stage: "Stage") -> None:
    first = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        status, out = piped(stage, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; ls -A /tmp; id -u")
    finally:
        first.kill()
        first.wait()
    assert status == 0
    assert b"time.sleep" not in out
    assert out.splitlines()[-1] != b"0"


def test_config_vars_stand_in_no_command_line_of_the_machine(either_stage: "Stage", tmp_path: Path) -> None:
    secret = "s3cr3t-value-of-a-config-var"
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            attach(either_stage.command("sleep 5; exit 0", env={"KEY": secret}), terminal=False, grace=1)
        os._exit(0)
    deadline = time.monotonic() + 60
    while len(members(child)) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for _ in range(50):
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                assert secret.encode() not in entry.read_bytes()
        time.sleep(0.01)
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)


def test_the_value_of_a_config_var_arrives_byte_for_byte(either_stage: "Stage") -> None:
    value = "line one\nline 'two' \"three\" $(id) `id` \\ ü ☃"
    assert piped(either_stage, 'printf %s "$KEY"', env={"KEY": value}) == (0, value.encode())


def test_nothing_survives_whatever_the_command_forked(either_stage: "Stage") -> None:
    mark = f"60{os.getpid()}"
    script = f"(setsid sleep {mark} >/dev/null 2>&1 &) ; (nohup sleep {mark} >/dev/null 2>&1 &); sleep 0.3; echo over"
    assert piped(either_stage, script) == (0, b"over\n")
    assert subprocess.run(["pgrep", "-f", f"^sleep {mark}$"], capture_output=True).stdout == b""


def test_100_mb_of_output_pass_in_full(stage: "Stage") -> None:
    status, out = piped(stage, "head -c 100000000 /dev/zero")
    assert (status, len(out)) == (0, 100_000_000)


def test_a_reader_that_goes_away_ends_the_command_as_in_any_pipeline(stage: "Stage") -> None:
    back, out = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        with contextlib.suppress(BaseException):
            os.close(back)
            os.dup2(out, 1)
            os.close(out)
            code = attach(stage.command("yes"), terminal=False, grace=1)
        os._exit(code)
    os.close(out)
    assert os.read(back, 4) == b"y\ny\n"
    os.close(back)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in (141, 1)


def test_sigterm_goes_on_to_the_command_which_may_finish_its_work(either_stage: "Stage", tmp_path: Path) -> None:
    back, out = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        with contextlib.suppress(BaseException):
            os.dup2(out, 1)
            script = "trap 'echo saved; exit 3' TERM; echo ready; while :; do sleep 0.1; done"
            code = attach(either_stage.command(script), terminal=False, grace=20)
        os._exit(code)
    os.close(out)
    with os.fdopen(back, "rb") as file:
        assert file.readline() == b"ready\n"
        os.kill(child, signal.SIGTERM)
        assert file.read() == b"saved\n"
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 3


def test_a_second_signal_ends_a_command_that_would_not_listen(either_stage: "Stage") -> None:
    back, out = os.pipe()
    child = os.fork()
    if child == 0:
        code = 99
        with contextlib.suppress(BaseException):
            os.dup2(out, 1)
            code = attach(
                either_stage.command("trap '' TERM INT; echo ready; while :; do sleep 0.1; done"),
                terminal=False,
                grace=600,
            )
        os._exit(code)
    os.close(out)
    with os.fdopen(back, "rb") as file:
        assert file.readline() == b"ready\n"
        os.kill(child, signal.SIGTERM)
        time.sleep(0.3)
        os.kill(child, signal.SIGTERM)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 137


def test_a_terminal_of_the_callers_size_that_follows_its_changes(either_stage: "Stage", opened: list[Terminal]) -> None:
    script = "stty size; read line; stty size; tty >/dev/null && echo a terminal"
    opened.append(person := Terminal(either_stage, script))
    person.resize(41, 133)
    person.expect(b"\n")
    person.resize(50, 99)
    time.sleep(0.3)
    person.type(b"\r")
    person.expect(b"50 99")
    assert person.leave() == 0
    assert b"a terminal" in person.seen


def test_ctrl_c_reaches_the_command_and_not_the_walls_round_it(either_stage: "Stage", opened: list[Terminal]) -> None:
    script = (
        "import time\n"
        "try:\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('caught', flush=True)\n    raise SystemExit(9)"
    )
    opened.append(person := Terminal(either_stage, "python3", "-c", script))
    person.expect(b"ready")
    person.type(b"\x03")
    person.expect(b"caught")
    assert person.leave() == 9


def test_ctrl_c_ends_a_plain_command_with_130(either_stage: "Stage", opened: list[Terminal]) -> None:
    opened.append(person := Terminal(either_stage, "echo ready; sleep 60"))
    person.expect(b"ready")
    person.type(b"\x03")
    assert person.leave() == 130


def test_an_interactive_shell_has_job_control(either_stage: "Stage", opened: list[Terminal]) -> None:
    opened.append(person := Terminal(either_stage, "bash", "--norc", "-i"))
    person.type(b"sleep 600 & jobs; echo $((6*7))\r")
    person.expect(b"42")
    person.expect(b"Running")
    person.type(b"sleep 600\r")
    time.sleep(0.5)
    person.type(b"\x03")
    person.type(b"echo still-$((1+1))\r")
    person.expect(b"still-2")
    person.type(b"exit 6\r")
    assert person.leave() == 6
    assert b"no job control" not in person.seen


def test_a_stopped_command_is_taken_up_again(stage: "Stage", opened: list[Terminal]) -> None:
    opened.append(person := Terminal(stage, "python3 -uc 'print(\"ready\"); print(input())'"))
    person.expect(b"ready")
    person.type(b"\x1a")
    time.sleep(0.3)
    person.type(b"again\r")
    person.expect(b"again\r\nagain")
    assert person.leave() == 0


def test_a_terminal_that_goes_away_takes_the_dyno_with_it(stage: "Stage", opened: list[Terminal]) -> None:
    opened.append(person := Terminal(stage, "echo ready; sleep 600"))
    person.expect(b"ready")
    inside = members(person.pid)
    os.close(person.fd)
    deadline = time.monotonic() + 60
    while os.waitpid(person.pid, os.WNOHANG) == (0, 0):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in inside)
