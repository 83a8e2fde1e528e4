"""Which control groups a machine offers, read from trees of files, and what a group is told."""

from pathlib import Path

import pytest

from slugc.host.processes import Command
from slugc.sandbox.cgroups import Bounds, Group, look, make


def offer_of(root: Path, mounts: str, own: str):
    (root / "mounts").write_text(mounts)
    (root / "own").write_text(own)
    return look(mounts=root / "mounts", own=root / "own")


def group_at(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "cgroup.procs").touch()
    return folder


def test_version_one_gives_each_controller_its_own_tree(tmp_path: Path) -> None:
    memory, pids = group_at(tmp_path / "memory/mine"), group_at(tmp_path / "pids")
    mounts = f"cgroup {tmp_path}/memory cgroup rw,memory 0 0\ncgroup {tmp_path}/pids cgroup rw,pids 0 0\n"
    offer = offer_of(tmp_path, mounts, "4:memory:/mine\n8:pids:/elsewhere\n")
    assert (offer.version, dict(offer.parents)) == (1, {"memory": memory, "pids": pids})
    assert offer.text == "cgroup v1 (memory, pids): not for cpu"


def test_version_two_serves_beside_the_callers_own_group_where_controllers_are_passed_on(tmp_path: Path) -> None:
    own = group_at(tmp_path / "user.slice/app.slice/term.scope")
    (own.parent / "cgroup.subtree_control").write_text("memory pids\n")
    (own.parent / "cgroup.procs").touch()
    offer = offer_of(tmp_path, f"cgroup2 {tmp_path} cgroup2 rw 0 0\n", "0::/user.slice/app.slice/term.scope\n")
    assert (offer.version, set(offer.parents.values())) == (2, {own.parent})


@pytest.mark.parametrize(
    ("mounts", "reason"),
    [("", "no control groups are mounted"), ("cgroup2 {root} cgroup2 rw 0 0", "no group of version 2 is delegated")],
)
def test_a_machine_without_groups_says_why(tmp_path: Path, mounts: str, reason: str) -> None:
    offer = offer_of(tmp_path, mounts.format(root=tmp_path), "0::/\n")
    assert offer.version is None
    assert reason in offer.text
    assert make("web.1", Bounds(memory=1), offer=offer) is None


def test_a_command_joins_every_tree_before_it_starts(tmp_path: Path) -> None:
    group = Group(version=1, folders={"memory": Path("/m"), "pids": Path("/p")})
    joined = group.command(Command(argv=("bwrap", "x y"), payloads=(b"p",)))
    assert joined.argv[-5:] == ("2", "/m/tasks", "/p/tasks", "bwrap", "x y")
    assert joined.payloads == (b"p",)


def test_a_thread_that_has_been_in_a_group_stands_beside_it_again(tmp_path: Path) -> None:
    folders = [tmp_path / name / "slugc-web.1" for name in ("memory", "pids")]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "tasks").touch()
        (folder.parent / "tasks").touch()
    group = Group(version=1, folders=dict(zip(("memory", "pids"), folders, strict=True)))
    with group.joined():
        assert [(folder.parent / "tasks").read_text() for folder in folders] == ["", ""]
    assert [(folder / "tasks").read_text() for folder in folders] == ["0", "0"]
    assert [(folder.parent / "tasks").read_text() for folder in folders] == ["0", "0"]


def test_bounds_are_written_in_the_kernels_words(tmp_path: Path) -> None:
    for name, file in (("memory", "memory.limit_in_bytes"), ("pids", "pids.max"), ("cpu", "cpu.shares")):
        group_at(tmp_path / name / "slugc-web.1")
        (tmp_path / name / "cgroup.procs").touch()
        (tmp_path / name / "slugc-web.1" / file).touch()
    mounts = "".join(f"cgroup {tmp_path}/{name} cgroup rw,{name} 0 0\n" for name in ("memory", "pids", "cpu"))
    offer = offer_of(tmp_path, mounts, "")
    group = make("web.1", Bounds(memory=1 << 29, processes=256, cpu_shares=2), offer=offer)
    assert group is not None
    assert (group.folders["memory"] / "memory.limit_in_bytes").read_text() == str(1 << 29)
    assert (group.folders["pids"] / "pids.max").read_text() == "256"
    assert (group.folders["cpu"] / "cpu.shares").read_text() == "2048"
