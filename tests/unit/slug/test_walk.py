"""The walk tells members in the slug's order, so that nothing needs to wait for its end."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slugc.slug.walk import Entry, LeftOut, walk

# What sorts just before and behind a slash is where a walk by folders and an order by paths part ways.
NAME = (
    st.text(alphabet="a-./0~\x01é", min_size=1, max_size=4)
    .map(lambda text: text.replace("/", "_"))
    .filter(lambda text: text not in {".", ".."})
)


def _walked(root) -> list[Entry | LeftOut]:
    fd = os.open(root, os.O_RDONLY)
    try:
        return list(walk(fd))
    finally:
        os.close(fd)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=st.lists(st.lists(NAME, min_size=1, max_size=4), max_size=12))
def test_members_come_sorted_by_the_bytes_of_their_paths(tmp_path_factory, paths):
    root = tmp_path_factory.mktemp("tree")
    (root / "app").mkdir()
    (root / "layers").mkdir()
    for path in paths:
        file = root.joinpath("app", *path)
        if any(parent.is_file() for parent in file.parents) or file.is_dir():
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    found = [entry.path for entry in _walked(root)]
    there = [
        os.path.relpath(os.path.join(top, name), os.fsencode(root))
        for top, folders, files in os.walk(os.fsencode(root))
        for name in (*folders, *files)
    ]
    assert found == sorted(there)


def test_a_folder_comes_before_its_neighbours_and_its_members_between_them(tmp_path):
    for name in ("app/a/b", "app/a-c/d", "app/a.txt/e", "app/a0/f"):
        (tmp_path / name).mkdir(parents=True)
    assert [entry.path.decode() for entry in _walked(tmp_path)] == [
        "app", "app/a", "app/a-c", "app/a-c/d", "app/a.txt", "app/a.txt/e", "app/a/b", "app/a0", "app/a0/f",
    ]  # fmt: skip


def test_a_walk_that_is_given_up_leaves_no_folder_open(tmp_path):
    (tmp_path / "app" / "a" / "b" / "c").mkdir(parents=True)
    before = len(os.listdir("/proc/self/fd"))
    fd = os.open(tmp_path, os.O_RDONLY)
    members = walk(fd)
    for _ in range(4):
        next(members)
    assert len(os.listdir("/proc/self/fd")) > before + 1
    members.close()
    os.close(fd)
    assert len(os.listdir("/proc/self/fd")) == before
