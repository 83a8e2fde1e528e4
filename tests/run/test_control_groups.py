"""A dyno's control group, held by the kernel itself."""

import os
import subprocess
from collections.abc import Iterator
from functools import partial

import pytest

from slugc.host.processes import Command, capture
from slugc.sandbox.birth import born_in
from slugc.sandbox.cgroups import Bounds, Group, look, make

PATIENCE = 60.0


@pytest.fixture
def group(request: pytest.FixtureRequest) -> Iterator[Group]:
    offer = look()
    made = make(f"test-{os.getpid()}", request.param, offer=offer)
    if made is None:
        pytest.skip(f"no control groups here: {offer.text}")
    yield made
    made.remove()
    assert not any(folder.exists() for folder in made.folders.values())


def sh(group: Group, script: str):
    return capture(
        group.command(Command(argv=("/bin/bash", "-c", script), env={"PATH": "/usr/bin:/bin"})), timeout=PATIENCE
    )


@pytest.mark.parametrize("group", [Bounds(processes=5)], indirect=True)
def test_a_fork_bomb_stops_at_the_bound(group: Group) -> None:
    if "pids" not in group.folders:
        pytest.skip("the pids controller is not offered here")
    _, _, stderr = sh(group, "for i in 1 2 3 4 5 6 7 8; do sleep 0.2 & done; wait")
    assert "Resource temporarily unavailable" in stderr


@pytest.mark.parametrize("group", [Bounds(memory=32 << 20)], indirect=True)
def test_memory_above_the_bound_is_a_kill_that_is_counted(group: Group) -> None:
    completed, _, _ = sh(group, "head -c 200000000 /dev/zero | tail; exit ${PIPESTATUS[1]}")
    assert completed.status == 137
    assert group.kills() >= 1
    assert (group.memory_used() or 0) < 32 << 20


@pytest.mark.parametrize("group", [Bounds(memory=32 << 20, processes=5)], indirect=True)
def test_a_child_is_born_in_its_groups_and_the_thread_that_started_it_has_left_them(group: Group) -> None:
    if not group.takes_threads:
        pytest.skip("version 2 takes whole processes")
    start = partial(subprocess.Popen, ["cat", "/proc/self/cgroup"], stdout=subprocess.PIPE)
    with born_in(group, start) as child:
        groups = child.communicate()[0].decode()
    ours = {name for line in groups.splitlines() for name in line.split(":")[1].split(",") if "slugc-test" in line}
    assert ours >= set(group.folders)
    with pytest.raises(FileNotFoundError):
        born_in(group, partial(subprocess.Popen, ["/no/such/program"]))
    assert [(folder / "tasks").read_text() for folder in group.folders.values()] == [""] * len(group.folders)
