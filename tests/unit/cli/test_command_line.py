"""The command line itself: spelling, exit codes, and what it does not load."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from slugc import __version__


def slugc(*argv: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "slugc", *argv], capture_output=True, text=True, check=False)


def test_the_version_is_answered_without_loading_anything_but_slugc_itself() -> None:
    script = "import sys; before = set(sys.modules); import slugc.__main__ as m; sys.argv[1:] = ['--version']; m.main()"
    script += "; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["slugc", __version__, "slugc", "slugc.__main__"]


def test_help_lists_the_commands_by_section_and_loads_none_of_them() -> None:
    done = slugc("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: slugc")


def test_help_loads_no_model_no_event_and_no_validation_library() -> None:
    script = "import sys; from slugc.cli import run; run(['--help']); print(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not {name for name in loaded if name.startswith(("slugc.model", "slugc.events", "slugc.render"))}
    assert not loaded & {"pydantic", "rich", "httpx", "asyncio", "msgspec"}


def test_a_mistyped_command_gets_a_suggestion_and_exit_code_2() -> None:
    done = slugc("biuld")
    assert done.returncode == 2
    assert "There is no command 'biuld' (usage.unknown-command)" in done.stderr


@pytest.mark.parametrize("form", ["--json", "--github"])
def test_a_failure_keeps_the_form_that_was_asked_for(form: str) -> None:
    done = slugc("biuld", form)
    assert done.returncode == 2
    assert ('"type":"build.failed"' in done.stdout) == (form == "--json")
    assert ("::error title=usage.unknown-command::" in done.stderr) == (form == "--github")


def test_the_annotation_of_a_failure_stands_where_the_runner_obeys(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "slugc", "build", str(tmp_path), "--github"]
    env = {**os.environ, "SLUGC_HOME": str(tmp_path / "home")}
    lines = subprocess.run(words, capture_output=True, text=True, env=env).stderr.splitlines()
    stopped, obeyed = None, []
    for line in lines:  # as the runner reads them
        if stopped is not None:
            stopped = None if line == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif line.startswith("::"):
            obeyed.append(line.partition("::")[2].partition("::")[0])
    assert ("-----> Building" in "".join(lines), obeyed, stopped) == (True, ["error title=detect.none"], None)


@pytest.mark.parametrize("words", [["schedule"], ["schedule", "list"], ["schedule:list"], ["ps", "list"], ["ps:list"]])
def test_a_topic_lists_by_its_name_and_by_list(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "slugc", *words, "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "SLUGC_HOME": str(tmp_path)},
    )
    # It got as far as asking a platform, and none runs here.
    assert (done.returncode, "platform.not-running" in done.stdout + done.stderr) == (78, True)


@pytest.mark.parametrize("option", ["--runtime-source=nowhere", "--isolation=thick", "--target=nonsense", "--level=40"])
def test_a_value_that_no_build_knows_is_refused_before_anything_is_built(option: str, tmp_path: Path) -> None:
    done = slugc("build", str(tmp_path), option)
    assert done.returncode == 2
    assert option.partition("=")[2] in done.stderr or "--level" in done.stderr
    assert "----->" not in done.stderr


@pytest.mark.parametrize("command", ["why", "verify"])
def test_a_command_that_builds_in_thought_takes_the_options_that_make_a_slug_another(command: str) -> None:
    given = slugc(command, "--help").stdout
    options = {"--buildpack", "--env", "--env-file", "--isolation", "--no-network", "--runtime-source", "--strict"}
    assert {option for option in options | {"--target"} if option not in given} == set()
