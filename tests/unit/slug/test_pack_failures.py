"""Packing that cannot go on: the error says what, and nothing half-written is left."""

import os
import resource
import subprocess
import sys

import pytest

from slugc.errors.slug import SlugFileError, TreeChanged, TreeNotPackable
from slugc.slug import pack as packing

CHILD = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from slugc.errors.slug import SlugNotWritten
from slugc.slug.pack import pack
import conftest
try:
    pack(Path(sys.argv[1]), manifest=conftest.manifest(), layers=conftest.LAYERS, layer_of=conftest.layer_of,
         out=Path(sys.argv[2]), workers=2)
except SlugNotWritten as error:
    print(error.reason)
"""


def test_a_disk_that_takes_no_more_leaves_nothing(tree, tmp_path):
    """A limit on the size of files stands in for a full disk: the same calls fail in the same places."""
    for number in range(20):
        (tree / "app" / f"noise{number}").write_bytes(os.urandom(200_000))
    (tmp_path / "out").mkdir()
    folder = os.path.dirname(__file__)
    argv = [sys.executable, "-c", CHILD, str(tree), str(tmp_path / "out" / "x.slug"), folder]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == os.strerror(27), done.stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


@pytest.mark.parametrize("swap", ["folder for a link", "file for a link", "file for a pipe", "grown", "shrunk", "gone"])
def test_a_tree_that_changes_while_it_is_packed_is_refused(tree, packed, tmp_path, monkeypatch, swap):
    """Something still running in the tree swaps a name between the walk and the read."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "lib.txt").write_bytes(b"s" * 8000)
    victim = tree / "app" / "vendor" / "lib.txt"
    walk = packing.walk

    def then_swapped(root):
        found = list(walk(root))
        match swap:
            case "folder for a link":
                victim.parent.rename(tmp_path / "aside")
                victim.parent.symlink_to(secret)
            case "file for a link":
                victim.unlink()
                victim.symlink_to(secret / "lib.txt")
            case "file for a pipe":
                victim.unlink()
                os.mkfifo(victim)
            case "grown":
                victim.write_bytes(b"x" * 8001)
            case "shrunk":
                victim.write_bytes(b"x")
            case _:
                victim.unlink()
        return iter(found)

    monkeypatch.setattr(packing, "walk", then_swapped)
    with pytest.raises(TreeChanged) as caught:
        packed(tree)
    assert caught.value.member == b"app/vendor/lib.txt"
    assert [path for path in tmp_path.iterdir() if "slug" in path.name] == []


@pytest.mark.parametrize("trouble", ["no app", "app is a link", "app is a file", "no tree"])
def test_a_folder_that_is_no_build_is_refused(tmp_path, packed, trouble):
    root = tmp_path / "tree"
    if trouble != "no tree":
        root.mkdir()
    if trouble == "app is a link":
        (root / "app").symlink_to("/etc")
    if trouble == "app is a file":
        (root / "app").write_text("x")
    with pytest.raises(TreeNotPackable):
        packed(root)


def test_folders_without_end_are_refused(tree, packed):
    here = os.open(tree / "app", os.O_RDONLY)
    try:
        for _ in range(300):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    with pytest.raises(TreeNotPackable) as caught:
        packed(tree)
    assert "nested deeper than 256" in caught.value.reason


def test_an_error_travels_between_processes_with_its_facts():
    import pickle

    error = TreeChanged(member=b"app/\xff", reason="It is gone")
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, SlugFileError)
    assert (again.member, again.summary) == (b"app/\xff", error.summary)
    assert again.summary == "app/\\xff changed while the slug was packed"
