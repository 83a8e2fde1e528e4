"""A child with a terminal of its own: Ctrl-C is the command's, not the engine's."""

import contextlib
import os
import pty
import select
from pathlib import Path

import pytest

from slugc import stack
from slugc.host.home import Home
from slugc.host.processes import opened_payloads
from slugc.sandbox.bubblewrap import Bubblewrap
from slugc.sandbox.choose import try_bubblewrap
from slugc.sandbox.spec import Engine, SandboxSpec
from slugc.sandbox.unisolated import Unisolated

PATIENCE = 60.0


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("walls", [True, False], ids=["bubblewrap", "none"])
def test_ctrl_c_is_the_commands_to_handle(walls: bool, tmp_path: Path) -> None:
    program = try_bubblewrap().program
    if walls and program is None:
        pytest.skip(try_bubblewrap().reason)
    engine: Engine = Bubblewrap(program=program) if walls and program else Unisolated(scratch=tmp_path)
    host = stack.find("host", home=Home(tmp_path))
    command = ("/bin/bash", "-c", "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.05; done")
    spec = SandboxSpec(
        argv=("/bin/bash", "-c", 'set -m; "$@"; exit $?', "bash", *command),
        cwd="/tmp",
        env={"PATH": host.path},
        mounts=host.mounts("run"),
        terminal=True,
    )
    with opened_payloads(engine.command(spec)) as (argv, descriptors):
        pid, terminal = pty.fork()
        if pid == 0:
            for descriptor in descriptors:
                os.set_inheritable(descriptor, True)
            os.execve(argv[0], argv, {})
    seen = b""
    with contextlib.suppress(OSError):  # EIO: the other side is closed
        while select.select([terminal], [], [], PATIENCE)[0] and (data := os.read(terminal, 4096)):
            seen += data
            if data.strip() == b"ready":
                os.write(terminal, b"\x03")
    os.close(terminal)
    assert b"caught" in seen
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
