"""The classic Buildpack API, with real scripts in the real sandbox."""

import json
import os
import re
import subprocess
import time

import pytest

from slugc import events
from slugc.errors.compile import BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable, ReleaseUnreadable
from slugc.errors.detect import BuildpackRefused
from slugc.errors.source import ConfigVarInvalid
from slugc.model.build import Isolation

BOTH = pytest.mark.parametrize("isolation", [Isolation.AUTO, Isolation.NONE])


def commands(result):
    return {process.name: process.command for process in result.slug.manifest.process_types}


def seen_env(tree):
    return dict(line.split("=", 1) for line in (tree / "seen" / "env").read_text().splitlines() if "=" in line)


@pytest.mark.needs("zstd")
def test_a_hello_world_buildpack_makes_a_slug_that_tar_reads(builder, app, tmp_path):
    source = app({"hello.txt": "hello world\n", "Procfile": "web: cat goodbye.txt\n"})
    result = builder.build(source, "hello", out=tmp_path / "app.slug")
    listing = subprocess.run(["tar", "--zstd", "-tf", result.slug.path], capture_output=True, text=True, check=True)
    assert "./app/goodbye.txt" in listing.stdout.splitlines()
    assert (builder.tree(result) / "goodbye.txt").read_text() == "goodbye world\n"
    manifest = result.slug.manifest
    assert commands(result) == {"hello": "cat hello.txt", "web": "cat goodbye.txt"}
    assert manifest.config_vars == {"GREETING": "hello"}
    assert manifest.addons == ("shared-database:5mb",)
    assert "-----> Hello app detected\n-----> Greeting from hello.txt\n       wrote goodbye.txt" in builder.transcript


def test_two_builds_in_two_folders_are_byte_identical(builder, app):
    files = {"hello.txt": "hello\n", "sub/x.py": "print(1)\n"}
    first = builder.build(app(files, "one"), "hello", "probe").slug.path.read_bytes()
    second = builder.build(app(files, "two"), "hello", "probe", use_cache=False).slug.path.read_bytes()
    assert first == second


def test_a_named_buildpack_that_refuses_says_why(builder, app):
    with pytest.raises(BuildpackRefused) as caught:
        builder.build(app({"a": "b"}), "hello")
    assert caught.value.detail == "no hello.txt at the root of the app"


def test_a_failing_compile_shows_its_last_lines_and_leaves_no_slug(builder, app, tmp_path):
    out = tmp_path / "app.slug"
    with pytest.raises(BuildpackFailed) as caught:
        builder.build(app({"hello.txt": ""}), "hello", out=out)
    assert caught.value.status == 1
    assert "hello.txt was empty" in caught.value.detail
    assert not out.exists()
    assert not list(builder.home.slugs.glob("*"))
    assert not list(builder.home.work.iterdir())


def test_compile_gets_its_arguments_and_a_clean_environment(builder, app):
    builder.environ = {**builder.environ, "SLUGC_TEST_SECRET": "s3cret", "https_proxy": "http://127.0.0.1:9"}
    tree = builder.tree(builder.build(app({"a": "b"}), "probe"))
    env = seen_env(tree)
    build, cache, env_dir = (tree / "seen" / "arguments").read_text().splitlines()
    assert re.fullmatch(r"/tmp/build_[0-9a-f]+", build)
    assert (cache, env_dir) == ("/tmp/codon/tmp/cache", "/tmp/env")
    assert (env["BUILD_DIR"], env["CACHE_DIR"], env["ENV_DIR"]) == (build, cache, env_dir)
    assert env["HOME"] == "/app"
    assert env["PATH"] == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert env["STACK"] == "host"
    assert re.fullmatch(r"[0-9a-f]{64}", env["SOURCE_VERSION"])
    assert env["REQUEST_ID"].startswith("build-")
    assert env["https_proxy"] == "http://127.0.0.1:9"
    assert set(env) - {"PWD", "SHLVL", "_", "OLDPWD"} == {
        "BUILD_DIR", "CACHE_DIR", "ENV_DIR", "HOME", "PATH", "STACK", "SOURCE_VERSION", "REQUEST_ID",
        "SOURCE_DATE_EPOCH", "https_proxy",
    }  # fmt: skip
    assert (tree / "seen" / "stdin").read_text() == "stdin is at its end\n"
    assert (tree / "seen" / "uid").read_text() == "1000\n"


@BOTH
def test_config_vars_are_files_with_exactly_their_bytes_and_nowhere_else(builder, app, isolation):
    config = {"PLAIN": "x", "LINES": "a\nb\n", "QUOTES": "'\"$(reboot)`\\", "EMPTY": "", "UMLAUT": "ü"}
    tree = builder.tree(builder.build(app({"a": "b"}), "probe", config=config, isolation=isolation))
    found = {}
    for line in (tree / "seen" / "config").read_text().splitlines():
        name, mode, *content = line.split(" ")
        assert mode == "600"
        found[name] = bytes.fromhex(content[0]).decode() if content else ""
    assert found == config
    assert not set(seen_env(tree)) & set(config)


@pytest.mark.parametrize("name", ["A-B", "1A", "", "A/B", "..", "A=B", "Ä"])
def test_a_name_that_cannot_be_a_config_var_is_refused_before_anything_runs(builder, app, name):
    with pytest.raises(ConfigVarInvalid):
        builder.build(app({"a": "b"}), "probe", config={name: "x"})


@BOTH
def test_export_reaches_later_buildpacks_but_neither_release_nor_the_fixed_variables(builder, app, isolation):
    result = builder.build(app({"a": "b"}), "exports", "exports_user", isolation=isolation)
    assert "the tool answers" in builder.transcript
    assert "STACK is host" in builder.transcript
    assert "not_exported is ''" in builder.transcript
    assert (builder.tree(result) / "quotes").read_text() == "two\nlines \"and\" 'quotes'"
    assert commands(result)["tool"] == "[]"


def test_an_export_that_ends_the_shell_is_warned_of_and_the_build_goes_on(builder, app):
    builder.build(app({"a": "b"}), "bad_export", "probe")
    assert "The export script of bad_export ended with 3" in builder.transcript


def test_the_last_release_wins_and_the_procfile_is_laid_over_it(builder, app):
    source = app({"hello.txt": "hello", "Procfile": "web: mine\r\n\r\nno colon\r\n"})
    result = builder.build(source, "exports", "hello")
    assert commands(result) == {"hello": "cat hello.txt", "web": "mine"}
    assert "Procfile line 3 is skipped: no colon" in builder.transcript
    assert "Default types for buildpack -> hello" in builder.transcript


def test_an_app_can_bring_its_own_buildpack(builder, app):
    source = app(
        {
            "bin/detect": "#!/bin/sh\necho Own\n",
            "bin/compile": "#!/bin/sh\necho '-----> compiling myself'\necho built > $1/built\n",
            "bin/release": "#!/bin/sh\necho 'default_process_types: {web: ./run}'\n",
        }
    )
    for script in (source / "bin").iterdir():
        script.chmod(0o755)
    result = builder.build(source, "inline")
    assert "-----> Own app detected\n-----> compiling myself" in builder.transcript
    assert commands(result) == {"web": "./run"}
    assert (builder.tree(result) / "built").read_text() == "built\n"


def test_a_buildpack_that_runs_buildpacks_works(builder, app):
    pack = {
        "pack/bin/detect": "#!/bin/sh\necho Inner\n",
        "pack/bin/compile": "#!/bin/sh\necho '-----> inner compile'\n",
        "pack/bin/release": "#!/bin/sh\necho 'default_process_types: {worker: inner}'\n",
    }
    result = builder.build(app({".multi": "pack\n", **pack}), "multi")
    assert "=====> Detected Framework: Inner\n-----> inner compile" in builder.transcript
    assert commands(result) == {"worker": "inner"}


def test_run_bits_that_got_lost_are_repaired_on_a_copy(builder, app, packs):
    builder.build(app({"a": "b"}), "counter")
    assert "build number 1" in builder.transcript
    assert (packs / "counter" / "bin" / "compile").stat().st_mode & 0o100 == 0


def test_garbage_from_release_names_the_buildpack_and_the_line_and_a_failing_report_does_not_matter(builder, app):
    with pytest.raises(ReleaseUnreadable) as caught:
        builder.build(app({"a": "b"}), "garbage_release")
    assert caught.value.buildpack == "garbage_release"
    assert caught.value.line in {2, 3}


def test_windows_line_ends_in_a_script_are_explained(builder, app):
    with pytest.raises(BuildpackUnstartable) as caught:
        builder.build(app({"a": "b"}), "crlf")
    assert "carriage return" in caught.value.detail
    assert "Unix line ends" in caught.value.hint


def test_a_missing_interpreter_is_named(builder, app):
    with pytest.raises((BuildpackUnstartable, BuildpackFailed)) as caught:
        builder.build(app({"a": "b"}), "no_interpreter")
    assert "/opt/nowhere/ruby" in caught.value.detail


@BOTH
def test_a_compile_that_hangs_is_ended_with_everything_that_it_started(builder, app, isolation):
    began = time.monotonic()
    with pytest.raises(BuildpackTimedOut) as caught:
        builder.build(app({"a": "b"}), "slow", timeout=1.0, isolation=isolation)
    assert caught.value.seconds == 1.0
    assert "going to sleep" in caught.value.detail
    assert time.monotonic() - began < 60


@BOTH
def test_a_daemon_does_not_outlive_its_compile(builder, app, isolation):
    result = builder.build(app({"a": "b"}), "daemon", isolation=isolation)
    assert "left a daemon behind" in builder.transcript
    beat = builder.tree(result) / "heartbeat"
    before = beat.read_bytes() if beat.exists() else b""
    time.sleep(1)
    assert (beat.read_bytes() if beat.exists() else b"") == before
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"{builder.home.work}/build-" not in running


@pytest.mark.slow
def test_a_hundred_megabytes_of_output_are_streamed_not_kept(builder, app):
    lines = builder.count(events.Output, app({"a": "b"}), "noisy")
    assert lines >= 873_813


def test_odd_output_arrives_whole_and_cannot_break_the_listener(builder, app):
    builder.build(app({"a": "b"}), "odd_output")
    texts = [event.text for event in builder.seen if isinstance(event, events.Output) and event.buildpack]
    assert "caf\ufffd \ufffd\ufffd" in texts
    long = [text for text in texts if text.startswith("yyy")]
    assert max(map(len, long)) <= 10_000
    assert sum(map(len, long)) == 10 << 20
    assert "no newline at the end" in texts
    assert any(e.stream == "stderr" and e.text == "to stderr" for e in builder.seen if isinstance(e, events.Output))
    assert any(event.text == "careful" for event in builder.seen if isinstance(event, events.Warned))


@BOTH
def test_planted_links_lead_nowhere(builder, app, tmp_path, isolation):
    victim = tmp_path / "victim" / "secret.txt"
    victim.parent.mkdir()
    victim.write_text("web: stolen\n")
    source = app({"Procfile": "web: mine\n"})
    config = {"VICTIM": str(victim)}
    result = builder.build(source, "planter", "probe", config=config, isolation=isolation)
    assert commands(result) == {}
    assert "Procfile is skipped" in builder.transcript
    assert "stolen" not in builder.transcript
    assert victim.read_text() == "web: stolen\n"
    assert sorted(p.name for p in victim.parent.iterdir()) == ["secret.txt"]
    builder.build(source, "planter", "probe", config=config, isolation=isolation, rebuild=True)
    assert sorted(p.name for p in victim.parent.iterdir()) == ["secret.txt"]
    tree = builder.tree(result)
    assert (tree / "Procfile").is_symlink()
    assert os.readlink(tree / "root-of-all") == "/"


def test_walls_stand_between_a_buildpack_and_its_caller(builder, app, tmp_path):
    victim = tmp_path / "secret"
    victim.write_text("the key")
    builder.environ = {**builder.environ, "SLUGC_TEST_SECRET": "s3cret"}
    builder.build(app({"a": "b"}), "burglar", config={"VICTIM": str(victim)})
    for what in ("home file", "secret", "usr", "processes"):
        assert f"{what}: nothing" in builder.transcript


def test_what_a_compile_shut_away_from_everybody_is_in_the_slug(builder, app, tmp_path):
    """For whom root builds and for an ordinary user alike."""
    pack = tmp_path / "shutter"
    (pack / "bin").mkdir(parents=True)
    (pack / "bin/detect").write_text("#!/bin/sh\n")
    body = 'cd "$1"; mkdir shut; echo in > shut/file; chmod 000 shut/file shut .; echo kept > "$2/x"; chmod 000 "$2/x"'
    (pack / "bin/compile").write_text(f"#!/bin/sh\n{body}\n")
    result = builder.build(app({"a": "b"}), pack)
    assert (builder.tree(result) / "shut/file").read_text() == "in\n"
    assert (builder.tree(result) / "a").read_text() == "b"


def test_a_default_config_var_that_no_environment_can_hold_is_warned_of_and_the_slug_starts(builder, app, tmp_path):
    pack = tmp_path / "odd"
    (pack / "bin").mkdir(parents=True)
    for script in ("detect", "compile"):
        (pack / "bin" / script).write_text("#!/bin/sh\n")
    declared = {"GOOD": "yes", "A=B": "c", "a b": "d", "": "e", "1ST": "f", "LONG": "x" * 200_000}
    (pack / "bin/release").write_text(f"#!/bin/sh\ncat <<'YAML'\nconfig_vars: {json.dumps(declared)}\nYAML\n")
    result = builder.build(app({"a": "b"}), pack)
    assert result.slug.manifest.config_vars == {"GOOD": "yes"}
    for name in ("A=B", "a b", "", "1ST", "LONG"):
        assert f"odd declares a config var that cannot be set: {name!r}" in builder.transcript


def test_what_a_detect_prints_is_a_name_of_one_short_line(builder, app, tmp_path):
    pack = tmp_path / "loud"
    (pack / "bin").mkdir(parents=True)
    (pack / "bin/compile").write_text("#!/bin/sh\n")
    (pack / "bin/detect").write_text("#!/bin/sh\nprintf '\\033[31mRed\\007 %0500d\\nmore\\n' 0\n")
    name = builder.build(app({"a": "b"}), pack).slug.manifest.buildpacks[0].name
    assert name.startswith("Red 0")
    assert len(name) == 100


def test_facts_that_are_no_text_break_no_build(builder, app, tmp_path):
    pack = tmp_path / "garbler"
    (pack / "bin").mkdir(parents=True)
    (pack / "bin/detect").write_text("#!/bin/sh\n")
    facts = '{"runtimes": [{"language": "\\ud800", "version": [1]}], "layers": {"../x": "runtime"}, "reads": [5]}'
    (pack / "bin/compile").write_text(f"#!/bin/sh\ncat > /tmp/slugc/facts.json <<'J'\n{facts}\nJ\n")
    (runtime,) = builder.build(app({"a": "b"}), pack).slug.manifest.runtimes
    assert (runtime.language, runtime.version) == ("?", "[1]")
