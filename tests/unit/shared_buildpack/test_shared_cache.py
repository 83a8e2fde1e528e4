import os

import pytest

from slugc_buildpack.cache import Cache, reasons


@pytest.fixture
def made(tmp_path):
    tree = tmp_path / "made"
    tree.mkdir()
    (tree / "lib.py").write_text("x = 1\n")
    (tree / "link").symlink_to("lib.py")
    return tree


def test_a_tree_comes_back_under_the_same_key(tmp_path, made, capfd):
    cache = Cache(tmp_path / "cache")
    cache.save("python", {"Python version": "3.11.2"}, made)
    assert cache.restore("python", {"Python version": "3.11.2"}, tmp_path / "back")
    assert (tmp_path / "back/link").readlink().name == "lib.py"
    assert "-----> Saving cache\n-----> Restoring cache\n" in capfd.readouterr().out


def test_a_changed_key_discards_the_tree_and_prints_each_reason(tmp_path, made, capfd):
    cache = Cache(tmp_path / "cache")
    cache.save("python", {"Python version": "3.11.2", "requirements.txt": "sha256:a"}, made)
    assert not cache.restore("python", {"Python version": "3.12.1", "requirements.txt": "sha256:b"}, tmp_path / "back")
    assert capfd.readouterr().out.endswith(
        "-----> Discarding cache since:\n"
        "       - The Python version has changed from 3.11.2 to 3.12.1\n"
        "       - requirements.txt has changed\n"
    )
    assert not (tmp_path / "back").exists()
    assert not cache.restore("python", {"Python version": "3.11.2", "requirements.txt": "sha256:a"}, tmp_path / "back")


@pytest.mark.parametrize("damage", ["marker", "tree"])
def test_a_broken_cache_is_said_and_does_not_fail(tmp_path, made, capfd, damage):
    cache = Cache(tmp_path / "cache")
    cache.save("python", {"stack": "a"}, made)
    if damage == "marker":
        (tmp_path / "cache/python.json").write_text("{")
    else:
        (tmp_path / "cache/python.tar").unlink()
    assert not cache.restore("python", {"stack": "a"}, tmp_path / "back")
    assert "Discarding cache since:" in capfd.readouterr().out


def test_an_empty_cache_says_nothing(tmp_path, capfd):
    assert not Cache(tmp_path / "cache").restore("python", {"stack": "a"}, tmp_path / "back")
    assert capfd.readouterr().out == ""


def test_a_cache_that_cannot_be_written_warns_and_the_build_goes_on(tmp_path, made, capfd):
    (tmp_path / "cache").write_text("a file where a folder should be")
    Cache(tmp_path / "cache").save("python", {"stack": "a"}, made)
    assert "The build cache could not be saved" in capfd.readouterr().out


def test_a_new_label_is_a_reason():
    assert reasons({"stack": "a"}, {"stack": "a", "uv.lock": "sha256:1"}) == ["uv.lock has changed"]


def test_a_cut_off_archive_is_said_and_leaves_nothing_behind(tmp_path, made, capfd):
    cache = Cache(tmp_path / "cache")
    (made / "big").write_bytes(os.urandom(200_000))
    cache.save("python", {"stack": "a"}, made)
    os.truncate(tmp_path / "cache/python.tar", 100_000)
    assert not cache.restore("python", {"stack": "a"}, tmp_path / "back")
    assert "It could not be restored" in capfd.readouterr().out
    assert not (tmp_path / "back").exists()
