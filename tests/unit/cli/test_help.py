"""What `--help` and a wrong word get, whichever way they are typed."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from slugc.cli.app import root
from slugc.cli.commands import COMMANDS
from slugc.cli.examples import EXAMPLES
from tests.support.parsing import parsed


def slugc(*argv: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "slugc", *argv], capture_output=True, text=True, env=env or None)


def every_command() -> Iterator[tuple[str, Any]]:
    group: Any = get_command(root)
    context = group.make_context("slugc", [], resilient_parsing=True)
    for name in COMMANDS:
        command = group.get_command(context, name)
        yield name, command
        yield from ((f"{name} {verb}", inner) for verb, inner in getattr(command, "commands", {}).items())


@pytest.mark.parametrize(("path", "line"), [(path, line) for path, lines in EXAMPLES.items() for line in lines])
def test_an_example_of_a_help_page_is_taken_by_its_command(path: str, line: str) -> None:
    program, *words = shlex.split(line)
    topic, colon, verb = words[0].partition(":")
    words[:1] = [topic, verb] if colon else [topic]
    assert (program, words[: len(path.split())]) == ("slugc", path.split())
    assert parsed(words).name == path.rsplit(maxsplit=1)[-1]  # raises where an option or an argument is not known


def test_every_option_and_argument_with_a_value_says_what_it_takes() -> None:
    for path, command in every_command():
        for param in command.params:
            shown = param.make_metavar(ctx=command.make_context(path, [], resilient_parsing=True))
            assert "<str>" not in shown, (path, param.name)
            assert "range>" not in shown, (path, param.name)
            if param.param_type_name == "option":
                assert param.help, (path, param.name)


def test_every_command_says_what_it_does_and_no_sentence_is_cut() -> None:
    for path, command in every_command():
        assert command.help, path
    for topic in ("ps", "config", "releases", "buildpacks", "platform"):
        assert "..." not in slugc(topic, "--help").stdout.partition("Commands:")[2]


@pytest.mark.parametrize("words", [["help"], ["help", "ps", "scale"], ["help", "ps:scale"], ["help", "build"]])
def test_help_is_a_word_too(words: list[str]) -> None:
    asked, told = slugc(*words), slugc(*words[1:], "--help")
    assert (asked.returncode, asked.stdout) == (0, told.stdout)


@pytest.mark.parametrize("topic", ["cache", "buildpacks", "stack", "platform"])
def test_a_topic_that_needs_no_platform_answers_by_itself(topic: str, tmp_path: Path) -> None:
    done = slugc(topic, SLUGC_HOME=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    if topic != "platform":
        listed = slugc(topic, "--json", SLUGC_HOME=str(tmp_path)).stdout
        assert listed == slugc(topic, "list", "--json", SLUGC_HOME=str(tmp_path)).stdout
        assert listed[0] in "[{"


@pytest.mark.parametrize("words", [["ps", "-a", "list", "list"], ["ps", "--json", "list"], ["releases", "-n3", "list"]])
def test_a_topics_own_options_may_stand_before_list(words: list[str], tmp_path: Path) -> None:
    assert slugc(*words, SLUGC_HOME=str(tmp_path)).returncode == 78


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("scale", "'slugc ps scale'"),
        ("destroy", "'slugc apps destroy' or 'slugc addons destroy'"),
        ("biuld", "'build'"),
    ],
)
def test_a_verb_without_its_topic_gets_the_topic(given: str, meant: str) -> None:
    said = slugc(given)
    assert (said.returncode, f"Did you mean {meant}?" in said.stderr) == (2, True), said.stderr


@pytest.mark.parametrize("words", ["slugc biuld ", "slugc ps foo "])
def test_completion_of_a_word_that_follows_a_mistake_prints_no_error(words: str) -> None:
    env = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split())), "_SLUGC_COMPLETE": "complete_bash"}
    script = "from slugc.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env)
    assert "Error" not in done.stdout + done.stderr, done.stderr


def test_a_command_in_the_place_of_a_slug_is_told_where_it_goes(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "slugc", "run", "rake", "db:migrate", "--trace"],
        capture_output=True, text=True, cwd=tmp_path, env={"SLUGC_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert said.returncode == 2
    assert "slugc run -- rake db:migrate --trace" in said.stderr


@pytest.mark.parametrize("words", [["start", "releas.json"], ["run", "releas.json", "true"]])
def test_a_release_manifest_that_is_not_there_is_not_taken_for_a_source(words: list[str], tmp_path: Path) -> None:
    said = slugc(*words, SLUGC_HOME=str(tmp_path))
    assert (said.returncode, "No such file" in said.stderr) == (78, True)


@pytest.mark.parametrize("place", ["folder", "file/a.slug"])
def test_a_place_where_no_slug_can_be_written_is_said_before_the_build(place: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    said = slugc("build", str(tmp_path), "-o", str(tmp_path / place), SLUGC_HOME=str(tmp_path / "home"))
    assert (said.returncode, "----->" in said.stderr) == (65, False)
    assert not (tmp_path / "home").exists()
