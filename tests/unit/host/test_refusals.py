"""A state folder that cannot be used is an error with a next step, never a traceback."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slugc.errors.home import HomeUnknown
from slugc.host.home import Home
from slugc.host.refusals import in_home

HOME = Home(Path("/srv/slugc"))
APP = Path(__file__).resolve().parents[3] / "fixtures/python_flask_pip/app"


def refusal(code: int, path: str | None = None) -> OSError:
    return OSError(code, os.strerror(code), path)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        pytest.param(
            refusal(errno.EACCES, "/srv/slugc/trees/x"), "/srv/slugc/trees/x: Permission denied", id="below-it"
        ),
        pytest.param(refusal(errno.EROFS, "/srv"), "/srv: Read-only file system", id="a-folder-above-it"),
        pytest.param(refusal(errno.ENOSPC), "No space left on device", id="a-write-to-a-full-disk"),
    ],
)
def test_what_the_disk_refuses_to_slugc_names_the_place_and_the_reason(error: OSError, shown: str) -> None:
    refused = in_home(error, HOME)
    assert refused is not None
    assert refused.detail == shown
    assert "SLUGC_HOME=" in refused.hint


@pytest.mark.parametrize("error", [refusal(errno.EACCES, "/etc/x"), refusal(errno.EBADF)], ids=["elsewhere", "a-bug"])
def test_another_refusal_is_not_blamed_on_the_state_folder(error: OSError) -> None:
    assert in_home(error, HOME) is None


def slugc(tmp_path: Path, *argv: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    env = {"PATH": os.environ["PATH"], **environ}
    command = [sys.executable, "-m", "slugc", *argv]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=tmp_path)


def test_a_state_folder_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    done = slugc(tmp_path, "build", str(APP), SLUGC_HOME=str(tmp_path / "home"))
    assert done.returncode == 39
    assert f"{tmp_path}/home" in done.stderr
    assert "(home.unusable)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_user_without_a_home_is_asked_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(uid)

    for name in ("HOME", "SLUGC_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(HomeUnknown) as caught:
        Home.of_this_user()
    assert "export SLUGC_HOME=" in caught.value.hint


def test_a_tilde_that_no_shell_has_expanded_is_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/me")
    monkeypatch.setenv("SLUGC_HOME", "~/slugc")
    assert Home.of_this_user().root == Path("/srv/me/slugc")


def test_an_out_that_is_a_folder_is_refused_before_the_build_starts(tmp_path: Path) -> None:
    done = slugc(tmp_path, "build", str(APP), "-o", str(tmp_path), SLUGC_HOME=str(tmp_path / "home"))
    assert done.returncode == 65
    assert "It is a folder" in done.stderr
    assert "Building" not in done.stderr
