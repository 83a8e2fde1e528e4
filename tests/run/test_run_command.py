"""`slugc run` and `slugc release` as a user types them."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from slugc.sandbox.cgroups import look

Slugc = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def slugc(tmp_path_factory: pytest.TempPathFactory) -> Slugc:
    folder = tmp_path_factory.mktemp("slugc")
    home = folder / "home"

    def run(*words: str, stdin: str = "", **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "slugc", *words],
            env={**os.environ, "SLUGC_HOME": str(home), **env},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            cwd=folder,
        )

    return run


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source whose buildpack stands in the same folder."""
    root = tmp_path_factory.mktemp("tiny-app")
    pack = root / "pack" / "bin"
    pack.mkdir(parents=True)
    scripts = {
        "detect": "echo Tiny",
        "compile": 'mkdir -p "$1/.profile.d"; echo "export FROM_PROFILE=yes" > "$1/.profile.d/tiny.sh"',
        "release": 'printf -- "---\\nconfig_vars:\\n  GREETING: hello\\n"',
    }
    for name, text in scripts.items():
        (pack / name).write_text(f"#!/bin/sh\n{text}\n")
        (pack / name).chmod(0o755)
    source = root / "source"
    source.mkdir()
    (source / "Procfile").write_text("web: sleep 60\nrake: echo raked\nfail: exit 9\n")
    (source / ".buildpacks").write_text(f"{root / 'pack'}\n")
    return source


@pytest.fixture(scope="module")
def slug(app: Path, slugc: Slugc) -> str:
    out = app.parent / "tiny.slug"
    built = slugc("build", str(app), "-o", str(out))
    assert built.returncode == 0, built.stderr
    return str(out)


def test_the_exit_code_is_the_commands_and_its_files_are_gone(slugc: Slugc, slug: str) -> None:
    assert slugc("run", slug, "--", "sh", "-c", "echo x > f; exit 7").returncode == 7
    assert slugc("run", slug, "--", "ls", "f").returncode != 0


@pytest.mark.parametrize("form", ["{}", "sha256:{}", "sha256:{:.12}"])
def test_a_slug_is_named_by_its_digest_in_every_form_that_inspect_takes(slugc: Slugc, slug: str, form: str) -> None:
    digest = json.loads(slugc("inspect", slug, "--json").stdout)["digest"]
    assert slugc("inspect", form.format(digest)).returncode == 0
    assert slugc("run", form.format(digest), "rake").stdout == "raked\n"


def test_a_process_type_is_run_with_further_words_as_arguments(slugc: Slugc, slug: str) -> None:
    assert slugc("run", slug, "rake", "db:migrate", "--trace").stdout == "raked db:migrate --trace\n"
    assert slugc("run", slug, "--type", "fail").returncode == 9


def test_config_vars_of_the_slug_of_a_file_and_of_the_command_line_reach_the_dyno(
    slugc: Slugc, slug: str, tmp_path: Path
) -> None:
    (tmp_path / "vars.env").write_text("A=file\nB='two words'\n")
    words = (
        "-e",
        "A=line",
        "--env-file",
        str(tmp_path / "vars.env"),
        "--",
        'echo "$GREETING|$A|$B|$FROM_PROFILE|$DYNO"',
    )
    assert slugc("run", slug, *words).stdout.startswith("hello|line|two words|yes|run.")


def test_nothing_of_the_callers_own_environment_is_seen(slugc: Slugc, slug: str) -> None:
    assert "leaked" not in slugc("run", slug, "--", "env", MY_SECRET="leaked").stdout


def test_a_dyno_that_fills_its_memory_with_files_is_ended_and_says_why(slugc: Slugc, slug: str) -> None:
    offer = look()
    if "memory" not in offer.text:
        pytest.skip("no control group bounds memory here")
    said = slugc("run", slug, "head -c 1200M /dev/zero > big; echo $?")
    assert said.stdout != "0\n"
    assert "Error R15 (Memory quota vastly exceeded): the quota of standard-1x is 512 MB" in said.stderr
    assert "--size standard-2x" in said.stderr
    said = slugc("run", "--size", "standard-2x", slug, "head -c 1200M /dev/zero > big; echo $?")
    assert (said.stdout, said.stderr) == ("0\n", "")


def test_stdin_is_the_commands(slugc: Slugc, slug: str) -> None:
    assert slugc("run", slug, "--", "tr", "a-z", "A-Z", stdin="some words\n").stdout == "SOME WORDS\n"


def test_a_source_is_built_first_and_the_transcript_stays_out_of_stdout(slugc: Slugc, app: Path) -> None:
    answer = slugc("run", str(app), "rake")
    assert (answer.returncode, answer.stdout) == (0, "raked\n"), answer.stderr


def test_a_release_manifest_carries_its_config_and_is_for_its_owner_alone(
    slugc: Slugc, slug: str, tmp_path: Path
) -> None:
    out = tmp_path / "release.json"
    assert slugc("release", slug, "-e", "KEY=s3cr3t", "-o", str(out)).returncode == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_text())["slug_path"] == slug
    assert slugc("run", str(out), "--", "printenv", "KEY").stdout == "s3cr3t\n"


def test_a_manifest_and_its_slug_can_be_moved_together(slugc: Slugc, slug: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    (here / "app.slug").write_bytes(Path(slug).read_bytes())
    assert slugc("release", str(here / "app.slug"), "-o", str(here / "release.json")).returncode == 0
    here.rename(there)
    elsewhere = str(tmp_path / "another home")
    assert slugc("run", str(there / "release.json"), "rake", SLUGC_HOME=elsewhere).stdout == "raked\n"


def test_a_manifest_whose_slug_is_gone_says_where_it_looked(slugc: Slugc, slug: str, tmp_path: Path) -> None:
    (tmp_path / "app.slug").write_bytes(Path(slug).read_bytes())
    slugc("release", str(tmp_path / "app.slug"), "-o", str(tmp_path / "release.json"))
    (tmp_path / "app.slug").unlink()
    answer = slugc("run", str(tmp_path / "release.json"), "rake", SLUGC_HOME=str(tmp_path / "empty"))
    assert answer.returncode == 79
    assert str(tmp_path / "app.slug") in answer.stderr


@pytest.mark.parametrize("text", ["{", "[]", '{"app": "x"}', '{"schema": 9, "app": "x", "version": 1, "slug": "00"}'])
def test_a_broken_manifest_is_refused_with_the_reason(slugc: Slugc, tmp_path: Path, text: str) -> None:
    (tmp_path / "release.json").write_text(text)
    answer = slugc("run", str(tmp_path / "release.json"), "rake")
    assert answer.returncode == 78
    assert "hint: Write one with" in answer.stderr


def test_an_unknown_process_type_names_those_there_are(slugc: Slugc, slug: str) -> None:
    answer = slugc("run", slug, "--type", "wbe")
    assert answer.returncode == 83
    assert "fail, rake, web" in answer.stderr
