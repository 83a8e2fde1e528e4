import os

import pytest

from slugc.host import marked, trees
from slugc.model.marks import Marks


def marks_of(root, skip=None):
    return Marks.pack({entry.path: (*entry.mark, "") for entry in trees.walk(root, skip=skip)})


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "a b"
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "file").write_text("1")
    (folder / "sub" / "x").write_text("2")
    (folder / "sub" / "deep" / "y").write_text("3")
    (folder / "link").symlink_to("file")
    return folder


CHANGES = {
    "a file was written": lambda root: (root / "sub" / "x").write_text("22"),
    "a file was written, with its old size and time": lambda root: _rewritten(root / "sub" / "x"),
    "only its time changed": lambda root: os.utime(root / "sub" / "x", ns=(5, 5)),
    "a file became executable": lambda root: (root / "file").chmod(0o755),
    "a file was replaced by another": lambda root: (root / "sub" / "x").replace(root / "sub" / "deep" / "y"),
    "a file is new": lambda root: (root / "sub" / "deep" / "new").write_text(""),
    "a file at the top is new": lambda root: (root / "new").write_text(""),
    "a file has gone": lambda root: (root / "sub" / "deep" / "y").unlink(),
    "a file at the top has gone": lambda root: (root / "file").unlink(),
    "a folder is new": lambda root: (root / "sub" / "empty").mkdir(),
    "a file has another name": lambda root: (root / "sub" / "x").rename(root / "sub" / "z"),
    "a folder was moved": lambda root: (root / "sub" / "deep").rename(root / "deep"),
    "a link leads elsewhere": lambda root: ((root / "link").unlink(), (root / "link").symlink_to("sub")),
    "a folder became a file": lambda root: _flattened(root / "sub" / "deep"),
}


def _rewritten(path):
    before = path.stat()
    path.write_text("3")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _flattened(path):
    (path / "y").unlink()
    path.rmdir()
    path.write_text("")


def settle(root):
    """The kernel's clock for files ticks every few milliseconds: two writes in one tick have one time. A build
    does not trust what is as young as that; here everything is made old."""
    for entry in trees.walk(root):
        os.utime(root / entry.path, ns=(10**18, 10**18), follow_symlinks=False)
    before = root.stat().st_ctime_ns
    while (root / "sub").stat().st_ctime_ns == before:
        os.utime(root / "sub", ns=(10**18, 10**18))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_is_seen(root, monkeypatch, workers, change):
    monkeypatch.setattr(marked, "PARALLEL_FILES", 1)
    monkeypatch.setattr(marked, "processors", lambda: workers)
    settle(root)
    known = marks_of(root)
    assert marked.as_marked(root, known)
    change(root)
    assert not marked.as_marked(root, known)


@pytest.mark.parametrize("path", ["f7/f3/f1/x", "f0/x", "f7/f7/f7/new", "f2/f2/f2/x gone", ""])
def test_a_change_is_seen_in_whichever_part_it_lies(tmp_path, monkeypatch, path):
    monkeypatch.setattr(marked, "PARALLEL_FILES", 1)
    monkeypatch.setattr(marked, "processors", lambda: 2)
    numbers = range(8)
    for parts in ((a, b, c) for a in numbers for b in numbers for c in numbers):
        folder = tmp_path.joinpath("a", *(f"f{part}" for part in parts))
        folder.mkdir(parents=True)
        (folder / "x").write_text("1")
    root = tmp_path / "a"
    known = marks_of(root)
    here = os.getcwd()
    assert marked.as_marked(root, known)
    name, _, gone = path.partition(" ")
    if gone:
        (root / name).unlink()
    elif name:
        (root / name).write_text("22")
    assert marked.as_marked(root, known) == (not path)
    assert os.getcwd() == here


def test_what_is_left_out_may_come_and_go_at_the_top(root):
    def skip(path):
        return path in {"out.slug", "cache/"}

    known = marks_of(root, skip)
    (root / "out.slug").write_text("a slug")
    (root / "cache").mkdir()
    assert marked.as_marked(root, known, skip=skip)
    assert not marked.as_marked(root, known)


@pytest.mark.parametrize(
    ("kinds", "trusted"),
    [
        ({"/": "ext4"}, True),
        ({"/": "nfs4"}, False),
        ({"/": "nfs4", "/home/a b": "ext4"}, True),
        ({"/": "ext4", "/home/a b/app": "fuse.sshfs"}, False),
        ({"/": "ext4", "/home/a b/app/vendor": "9p"}, False),
        ({"/": "ext4", "/home/a b/application": "9p"}, True),
        ({"/": "9p", "/home/a b/app/vendor": "ext4"}, False),
        ({"/": "xfs", "/home/a b/app": "nfs", "/home/a b/app/": "tmpfs"}, True),
        ({}, False),
    ],
)
def test_a_file_system_is_trusted_by_name(tmp_path, kinds, trusted):
    mounts = tmp_path / "mountinfo"
    rows = [
        f"36 35 98:0 / {place.replace(' ', chr(92) + '040').rstrip('/') or '/'} rw shared:1 - {kind} dev rw\n"
        for place, kind in kinds.items()
    ]
    mounts.write_text("".join(rows))
    assert marked._keeps_times("/home/a b/app", mounts) is trusted


def test_nothing_is_trusted_where_mounts_cannot_be_read(tmp_path):
    assert not marked._keeps_times(tmp_path, tmp_path / "missing")
