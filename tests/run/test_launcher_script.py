"""The launcher's own bash, run as it is: profile scripts, then the command."""

import subprocess
from pathlib import Path

import pytest

from slugc.dynos.launch import entry_of
from slugc.model.dyno import DynoName, DynoPlan
from slugc.model.process import ProcessType


def launched(home: Path, command: str, *args: str, terminal: bool = False) -> subprocess.CompletedProcess[str]:
    plan = DynoPlan(
        name=DynoName("web", 1),
        process=ProcessType(name="web", command=command),
        args=args,
        tree=home,
        env={"HOME": str(home), "GIVEN": "config"},
    )
    entry = entry_of(plan, path="/usr/bin:/bin", terminal=terminal)
    return subprocess.run(
        entry.argv, env=dict(entry.env), cwd=home, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )


def profile(home: Path, name: str, text: str) -> None:
    folder = home / ".profile.d"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def test_profile_scripts_run_in_name_order_then_the_profile_then_the_command(tmp_path: Path) -> None:
    profile(tmp_path, "b.sh", 'export TRAIL="$TRAIL b"')
    profile(tmp_path, "a.sh", 'declare -x TRAIL="$GIVEN a"')
    profile(tmp_path, "ignored.txt", "export TRAIL=wrong")
    (tmp_path / ".profile").write_text('export TRAIL="$TRAIL profile"')
    assert launched(tmp_path, 'echo "$TRAIL"').stdout == "config a b profile\n"


def test_a_profile_script_cannot_change_the_command_by_its_positional_parameters(tmp_path: Path) -> None:
    profile(tmp_path, "a.sh", "set -- rm -rf nothing; shift")
    assert launched(tmp_path, "echo", "still", "mine").stdout == "still mine\n"


def test_the_options_of_a_profile_script_do_not_reach_the_command(tmp_path: Path) -> None:
    profile(tmp_path, "a.sh", "set -eu")
    assert launched(tmp_path, 'false; echo "${UNSET_NAME}on"').stdout == "on\n"


def test_a_broken_profile_script_does_not_keep_the_command_from_running(tmp_path: Path) -> None:
    profile(tmp_path, "a.sh", "if then fi (")
    profile(tmp_path, "b.sh", "export B=1")
    assert launched(tmp_path, 'echo "b=$B"').stdout == "b=1\n"


@pytest.mark.parametrize("terminal", [False, True], ids=["pipes", "terminal"])
@pytest.mark.parametrize("status", [0, 1, 7, 126, 255])
def test_the_exit_code_is_the_commands(tmp_path: Path, status: int, terminal: bool) -> None:
    assert launched(tmp_path, f"exit {status}", terminal=terminal).returncode == status


def test_arguments_with_shell_signs_arrive_as_they_are(tmp_path: Path) -> None:
    answer = launched(tmp_path, "printf '[%s]'", "a b", "$(id)", ";", "'\"")
    assert answer.stdout == "[a b][$(id)][;]['\"]"


def test_nothing_of_the_launcher_is_left_in_the_commands_environment(tmp_path: Path) -> None:
    names = {line.partition("=")[0] for line in launched(tmp_path, "env").stdout.splitlines()}
    assert names <= {"PATH", "HOME", "DYNO", "GIVEN", "PWD", "SHLVL", "_", "OLDPWD"}
