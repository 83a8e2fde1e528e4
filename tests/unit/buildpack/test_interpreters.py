from pathlib import Path

from slugc.buildpack.interpreters import installed


def test_pythons_of_pyenv_and_uv_are_found_by_their_folders(tmp_path: Path) -> None:
    by_pyenv, by_uv = tmp_path / ".pyenv/versions", tmp_path / ".local/share/uv/python"
    for folder in (by_pyenv / "3.12.1", by_pyenv / "venv", by_uv / "cpython-3.13.0-linux-x86_64-gnu"):
        (folder / "bin").mkdir(parents=True)
        (folder / "bin/python3").touch()
    (by_pyenv / "3.10.9").mkdir()
    found = installed({"HOME": str(tmp_path)})
    assert [path.name for path in found["python"]] == ["3.12.1", "cpython-3.13.0-linux-x86_64-gnu"]


def test_a_machine_with_none_offers_nothing(tmp_path: Path) -> None:
    assert installed({"HOME": str(tmp_path)}) == {}


def test_a_folder_that_cannot_be_listed_offers_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert installed({"PYENV_ROOT": str(tmp_path / "file"), "HOME": str(tmp_path)}) == {}
    (tmp_path / "versions").touch()
    assert installed({"PYENV_ROOT": str(tmp_path), "HOME": str(tmp_path)}) == {}
