"""What an engine makes of a spec, without starting it."""

from pathlib import Path

import pytest

from slugc.errors.sandbox import StackNeedsIsolation
from slugc.model.mount import data_file, overlay, read_only, writable
from slugc.sandbox.bubblewrap import Bubblewrap
from slugc.sandbox.spec import Mount, SandboxSpec
from slugc.sandbox.unisolated import Unisolated

BWRAP = Bubblewrap(program=Path("/usr/bin/bwrap"))


def spec(*mounts: Mount, argv: tuple[str, ...] = ("true",), terminal: bool = False) -> SandboxSpec:
    return SandboxSpec(argv=argv, cwd="/app", env={"SECRET": "s3cr3t"}, mounts=mounts, terminal=terminal)


def options(of: SandboxSpec) -> list[str]:
    """All options in the order bubblewrap reads them, descriptors' contents in their places."""
    command = BWRAP.command(of)
    out: list[str] = []
    words = iter(command.argv[1 : command.argv.index("--")])
    for word in words:
        if word == "--args":
            out += command.payloads[int(next(words).strip("@fd"))].decode().split("\0")[:-1]
        else:
            out.append(word)
    return out


def test_config_vars_stand_in_no_command_line_and_no_environment_of_the_engine() -> None:
    for engine in (BWRAP, Unisolated(scratch=Path("/s"))):
        command = engine.command(spec())
        assert "s3cr3t" not in " ".join(command.argv)
        assert "s3cr3t" not in " ".join(command.env.values())
        assert any(b"s3cr3t" in payload for payload in command.payloads)


def test_a_later_mount_covers_an_earlier_one_files_of_bytes_included() -> None:
    given = options(spec(read_only(Path("/a"), "/x"), data_file(b"d", "/x/f"), writable(Path("/b"), "/x/f/g")))
    places = [given.index(word) for word in ("/a", "--ro-bind-data", "/b")]
    assert places == sorted(places)


def test_a_child_with_a_terminal_of_its_own_keeps_its_session() -> None:
    assert "--new-session" in options(spec())
    assert "--new-session" not in options(spec(terminal=True))


def test_without_walls_a_childs_own_folders_are_told_by_their_real_names() -> None:
    engine = Unisolated(scratch=Path("/s"))
    mounts = (writable(Path("/w/tree"), "/app"), read_only(Path("/usr"), "/usr"))
    assert engine.outside(spec(*mounts), "/app/bin") == "/w/tree/bin"
    assert engine.outside(spec(*mounts), "/usr/bin/env") == "/usr/bin/env"
    assert engine.outside(spec(overlay(Path("/t"), "/app")), "/app/x") == "/t/x"
    assert BWRAP.outside(spec(*mounts), "/app/bin") == "/app/bin"


def test_a_foreign_stack_without_walls_is_refused_by_name() -> None:
    with pytest.raises(StackNeedsIsolation) as caught:
        Unisolated(scratch=Path("/s")).command(spec(read_only(Path("/stacks/d/usr"), "/usr")))
    assert "/stacks/d/usr" in caught.value.detail


def test_no_value_can_bring_options_of_its_own() -> None:
    with pytest.raises(ValueError, match="NUL"):
        BWRAP.command(SandboxSpec(argv=("true",), cwd="/app", env={"A": "x\0--bind\0/\0/host"}, mounts=()))
