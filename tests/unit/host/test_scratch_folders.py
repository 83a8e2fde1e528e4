"""Private folders of running commands, and what becomes of those whose command was killed."""

import os
import time

import pytest

from slugc.host.files import scratch, sweep

NOW = time.time()


@pytest.mark.parametrize("purpose", ["build", "image", "edit", "etc"])
def test_what_a_killed_command_left_goes_whatever_it_was_for(tmp_path, purpose):
    left = tmp_path / f"{purpose}-{'0' * 16}"
    (left / "deep").mkdir(parents=True)
    os.utime(left, (1, 1))
    assert sweep(tmp_path, now=NOW) == [left]
    assert not left.exists()


def test_a_folder_that_is_in_use_stays(tmp_path):
    with scratch(tmp_path, "build") as folder:
        os.utime(folder, (1, 1))
        assert sweep(tmp_path, now=NOW) == []
        assert folder.is_dir()


def test_a_folder_that_was_only_just_made_stays(tmp_path):
    (tmp_path / f"build-{'0' * 16}").mkdir()
    assert sweep(tmp_path, now=NOW) == []


def test_what_is_no_scratch_folder_stays(tmp_path):
    for name in ("mine", "build-1", "none-0123456789ab"):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1, 1))
    assert sweep(tmp_path, now=NOW) == []
    assert len(list(tmp_path.iterdir())) == 3


def test_where_there_never_was_a_scratch_folder_nothing_is_done(tmp_path):
    assert sweep(tmp_path / "work", now=NOW) == []
