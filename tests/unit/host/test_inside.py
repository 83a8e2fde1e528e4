import os

import pytest

from slugc.host import inside


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "secret").write_text("secret")
    root = tmp_path / "app"
    (root / "sub").mkdir(parents=True)
    (root / "Procfile").write_text("web: x")
    (root / "sub" / "file").write_text("deep")
    links = {
        "relative": "Procfile",
        "sub/up": "../Procfile",
        "as-root": "/app/sub/file",
        "folder": "sub",
        "out": "../secret",
        "absolute-out": str(tmp_path / "secret"),
        "sub/far": "../../secret",
        "loop": "loop",
        "through": "out/x",
        "other-app": "/apple/x",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe")
    return root


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("Procfile", b"web: x"),
        ("relative", b"web: x"),
        ("sub/up", b"web: x"),
        ("as-root", b"deep"),
        ("folder/file", b"deep"),
        ("./sub/../Procfile", b"web: x"),
    ],
)
def test_files_are_read_through_links_that_stay_inside(tree, path, content):
    assert inside.read(tree, path) == content
    assert inside.exists(tree, path)


@pytest.mark.parametrize(
    "path",
    [
        "out",
        "absolute-out",
        "sub/far",
        "loop",
        "through",
        "other-app",
        "pipe",
        "missing",
        "../secret",
        "Procfile/x",
        "sub",
    ],
)
def test_whatever_leads_out_or_is_no_file_reads_as_nothing(tree, path):
    assert inside.read(tree, path) is None


def test_no_more_than_the_limit_is_read(tree):
    assert inside.read(tree, "Procfile", limit=3) == b"web"


def test_only_a_path_without_links_is_a_real_folder(tree):
    assert inside.real_folder(tree, "sub")
    assert not inside.real_folder(tree, "folder")
    assert not inside.real_folder(tree, "Procfile")
    assert not inside.real_folder(tree, "missing")


def test_descriptors_are_not_leaked(tree):
    before = len(os.listdir("/proc/self/fd"))
    for path in ("Procfile", "out", "loop", "sub/far", "missing", "as-root", "pipe"):
        inside.read(tree, path)
        inside.exists(tree, path)
    assert len(os.listdir("/proc/self/fd")) == before
