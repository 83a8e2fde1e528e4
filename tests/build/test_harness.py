"""What an author of a buildpack gets from slugc.testing and `slugc buildpacks test`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from slugc.errors.compile import BuildpackFailed
from slugc.testing import DidNotBoot, Lab

PACKS = Path(__file__).resolve().parent.parent / "packs"
HELLO = PACKS / "hello"
SERVER = "web: python3 -m http.server $PORT\n"


def pack(folder: Path, compile_script: str) -> Path:
    for name, script in (("detect", "echo Trial"), ("compile", compile_script)):
        path = folder / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\nset -e\n{script}\n")
        path.chmod(0o755)
    return folder


def fixture(folder: Path, promise: str, files: dict[str, str] | None = None) -> Path:
    for name, text in {
        "app/hello.txt": "hello\n",
        "expect.toml": 'about = "a trial"\n' + promise,
        **(files or {}),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def slugc(cwd: Path, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "SLUGC_HOME": str(cwd / "state"), "NO_COLOR": "1"}
    argv = [sys.executable, "-m", "slugc", *map(str, words)]
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True)


def test_a_build_its_transcript_and_a_command_in_the_slug(slugc_lab: Lab) -> None:
    build = slugc_lab.app({"hello.txt": "hello\n"}).build(HELLO)
    build.says("Hello app detected", "-----> Greeting from hello.txt", "wrote goodbye.txt")
    assert build.processes == {"hello": "cat hello.txt"}
    assert (build.root / "goodbye.txt").read_text() == "goodbye\n"
    ran = build.run("sh", "-c", "cat goodbye.txt; echo $NAME; exit 4", config={"NAME": "a b"})
    assert (ran.exit, ran.stdout) == (4, "goodbye\na b")


def test_a_second_build_shows_the_cache_and_an_edit(slugc_lab: Lab) -> None:
    app = slugc_lab.app({"hello.txt": "hello\n"})
    app.build(HELLO)
    assert app.build(HELLO).reused
    app.write({"hello.txt": "hello again\n"})
    again = app.build(HELLO)
    assert not again.reused
    assert (again.root / "goodbye.txt").read_text() == "goodbye again\n"


def test_a_build_that_fails_is_a_value_with_its_error(slugc_lab: Lab) -> None:
    build = slugc_lab.app({"hello.txt": ""}).build(HELLO)
    assert isinstance(build.error, BuildpackFailed)
    build.says("hello.txt was empty", "(compile.failed)")
    with pytest.raises(BuildpackFailed):
        build.run("true")


def test_a_text_that_is_missing_is_shown_with_the_transcript(slugc_lab: Lab) -> None:
    build = slugc_lab.app({"hello.txt": "hello\n"}).build(HELLO)
    with pytest.raises(AssertionError, match=r"'Greeting' is missing after the text before it in:\n(.*\n)+.*goodbye"):
        build.says("wrote goodbye.txt", "Greeting")


def test_detection_alone(slugc_lab: Lab) -> None:
    (tried,) = slugc_lab.app({"other.txt": ""}).detect(HELLO).tried
    assert (tried.passed, tried.code, tried.stderr.strip()) == (False, 1, "no hello.txt at the root of the app")


def test_a_served_app_answers_and_its_log_is_there(slugc_lab: Lab) -> None:
    build = slugc_lab.app({"hello.txt": "hello\n", "Procfile": SERVER}).build(HELLO)
    with build.serve() as serving:
        assert serving.get("/goodbye.txt").text == "goodbye\n"
        assert serving.get("/none").status_code == 404
    assert 'heroku[router]: at=info method=GET path="/goodbye.txt"' in serving.log


def test_an_app_that_does_not_boot_shows_its_log(slugc_lab: Lab) -> None:
    build = slugc_lab.app({"hello.txt": "hello\n", "Procfile": "web: echo no luck; exit 3\n"}).build(HELLO)
    with pytest.raises(DidNotBoot, match="no luck"), build.serve():
        pass


def test_the_command_line_names_every_broken_promise_and_keeps_on(tmp_path: Path) -> None:
    fixture(
        tmp_path / "t/bad",
        '[processes]\nhello = "cat x"\n[slug]\nfiles = ["goodbye.txt", "x"]\n[[run]]\ncommand = ["false"]\n',
    )
    fixture(tmp_path / "t/good", '[detect]\nname = "Hello"\n[transcript]\ncontains = ["wrote goodbye.txt"]\n')
    fixture(tmp_path / "t/other", '[needs]\nprograms = ["no-such-program"]\n')
    done = slugc(tmp_path, "buildpacks", "test", "t", "-b", HELLO)
    lines = [re.sub(r"\d+\.\d s", "N s", line) for line in done.stdout.splitlines()]
    assert lines[:3] == [
        "no    bad  N s",
        "      [processes] hello is 'cat hello.txt', not 'cat x'",
        "      [slug] there is no file x",
    ]
    assert "[[run]] ['false'] ended with 1, not 0" in lines[3]
    assert lines[-2:] == ["ok    good  N s", "skip  other: needs no-such-program, which is not installed here"]
    assert done.returncode == 57
    assert "1 of 3 fixtures broke a promise: bad (compile.promise-broken)" in done.stderr
    assert list((tmp_path / "state/work").iterdir()) == []


def test_json_is_one_document_whether_a_promise_was_broken_or_not(tmp_path: Path) -> None:
    fixture(tmp_path / "t/bad", '[slug]\nfiles = ["x"]\n')
    done = slugc(tmp_path, "buildpacks", "test", "t", "-b", HELLO, "--json")
    (verdict,) = json.loads(done.stdout)
    assert (done.returncode, verdict["broken"]) == (57, ["[slug] there is no file x"])


def test_a_buildpack_path_in_a_promise_is_meant_from_its_own_folder(tmp_path: Path) -> None:
    pack(tmp_path / "pack", "echo made > $1/made.txt")
    fixture(
        tmp_path / "pack/tests/one", '[build]\nbuildpacks = ["../.."]\n[slug]\nfiles = ["made.txt"]\nabsent = ["x"]\n'
    )
    done = slugc(tmp_path, "buildpacks", "test", "pack/tests", "--json")
    (verdict,) = json.loads(done.stdout)
    assert (done.returncode, verdict["fixture"], verdict["broken"]) == (0, "one", [])


def test_a_secret_that_reaches_the_slug_or_the_cache_is_found(tmp_path: Path) -> None:
    leak = 'cp "$3/TOKEN" "$1/copy"; mkdir -p "$2"; cp "$3/TOKEN" "$2/kept"; echo "token is $(cat "$3/TOKEN")"'
    pack(tmp_path / "pack", leak)
    fixture(tmp_path / "one", '[build]\nconfig = { TOKEN = "s3cr3t-value" }\n[slug]\nsecrets = ["TOKEN"]\n')
    done = slugc(tmp_path, "buildpacks", "test", "one", "-b", "./pack")
    assert re.findall(r"the value of TOKEN stands in (?:the )?(?:\S+/)?(\w+)\n", done.stdout) == [
        "transcript",
        "copy",
        "kept",
    ]


def test_bytes_that_differ_are_named_with_their_layer(tmp_path: Path) -> None:
    pack(tmp_path / "pack", "date +%N > $1/now.txt")
    fixture(tmp_path / "one", "[slug]\ndeterministic = true\n")
    done = slugc(tmp_path, "buildpacks", "test", "one", "-b", "./pack")
    assert "[slug] deterministic: A second build differs in app/now.txt" in done.stdout


@pytest.mark.parametrize(
    ("promise", "said"),
    [
        ('[error]\ncode = "compile.failed"\ncontains = []\n', "the build should fail with compile.failed, and did not"),
        ('[transcript]\nabsent = ["wrote goodbye"]\n', "'wrote goodbye' should not be in"),
        ('[detect]\nname = "Other"\n', "'Other' is not among the names that were printed: ['Hello']"),
        ('[slug]\nruntimes = ["python"]\n', "there is no python runtime; there are []"),
        ('[slug]\naddons = ["redis"]\n', "the add-on redis is not asked for; these are: ['shared-database:5mb']"),
        ('[prepare]\ncommands = [["sh", "-c", "echo broken; exit 3"]]\n', "ended with 3:\n      broken"),
        ("[[http]]\n", "[[http]] the app did not boot"),
        ('[[rebuild]]\nfiles = { "hello.txt" = "" }\n', "hello.txt was empty"),
    ],
)
def test_each_kind_of_promise_can_be_broken(tmp_path: Path, promise: str, said: str) -> None:
    fixture(tmp_path / "one", promise)
    done = slugc(tmp_path, "buildpacks", "test", "one", "-b", HELLO)
    assert said in done.stdout
    assert done.returncode == 57


def test_the_pytest_fixture_comes_with_slugc(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "def test_it(slugc_lab):\n"
        f"    build = slugc_lab.app({{'hello.txt': 'hello'}}).build({str(HELLO)!r})\n"
        "    build.says('wrote goodbye.txt')\n"
    )
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--basetemp",
        "t",
        "--rootdir",
        ".",
        "test_mine.py",
    ]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
