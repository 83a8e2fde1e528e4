"""A file that slugc reads, and that is none, is refused instead of passed over."""

import os
from pathlib import Path

import pytest

from slugc.errors.source import ConfigurationInvalid
from slugc.source import configuration


@pytest.mark.parametrize("name", configuration.FILES)
def test_a_folder_of_such_a_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ConfigurationInvalid) as caught:
        configuration.check(tmp_path)
    assert (caught.value.file, caught.value.detail) == (name, "It is a folder.")


@pytest.mark.parametrize("target", ["/etc/hostname", "../outside", "missing", "Procfile", "folder"])
def test_a_link_without_a_file_in_the_app_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "outside").write_text("web: stolen\n")
    app = tmp_path / "app"
    (app / "folder").mkdir(parents=True)
    (app / "Procfile").symlink_to(target)
    with pytest.raises(ConfigurationInvalid, match="Procfile cannot be understood") as caught:
        configuration.check(app)
    assert target in caught.value.detail


def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "app.json")
    with pytest.raises(ConfigurationInvalid):
        configuration.check(tmp_path)


def test_files_links_to_files_and_nothing_at_all_pass(tmp_path: Path) -> None:
    (tmp_path / "Procfile.prod").write_text("web: run\n")
    (tmp_path / "Procfile").symlink_to("Procfile.prod")
    (tmp_path / "project.toml").touch()
    configuration.check(tmp_path)
