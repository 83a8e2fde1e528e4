"""The commands that look into a slug, as a user types them: build once, then inspect, ls, cat, extract, verify..."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

PACKS = Path(__file__).resolve().parents[1] / "packs"
REFERENCE = PACKS.parents[1] / "docs" / "reference"


class Shell:
    def __init__(self, home: Path, folder: Path) -> None:
        self._env = {**os.environ, "SLUGC_HOME": str(home), "NO_COLOR": "1"}
        self.folder = folder

    def __call__(self, *argv: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "slugc", *argv],
            env=self._env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Shell:
    """A folder with the app, and app.slug built from it."""
    root = tmp_path_factory.mktemp("slugs")
    (root / "src").mkdir()
    (root / "src" / "hello.txt").write_text("hello\n")
    (root / "src" / "Procfile").write_text("web: ./serve\n")
    shell = Shell(root / "home", root)
    shell("build", "src", "--buildpack", str(PACKS / "hello"), "-o", "app.slug")
    return shell


def test_every_line_of_a_build_as_json_is_what_the_published_schema_says(built):
    published = jsonschema.Draft202012Validator(json.loads((REFERENCE / "events.schema.json").read_text()))
    done = built("build", "src", "--buildpack", str(PACKS / "hello"), "--json", "--app", "json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        published.validate(line)
    assert (lines[0]["type"], lines[-1]["type"]) == ("build.started", "build.finished")
    assert {"detect.tried", "slug.packed"} <= {line["type"] for line in lines}
    failed = json.loads(built("build", "nowhere", "--json", code=30).stdout)
    published.validate(failed)
    assert failed["type"] == "build.failed"


def test_inspect_shows_the_manifest(built):
    lines = built("inspect", "app.slug").stdout.splitlines()
    assert "source: folder" in lines
    assert any(line.split() == ["web", "*", "Procfile", "./serve"] for line in lines)
    manifest = json.loads(built("inspect", "app.slug", "--json").stdout)
    assert (manifest["schema"], manifest["buildpacks"][0]["id"]) == (1, "hello")


def test_a_slug_is_named_by_the_beginning_of_its_digest(built):
    digest = json.loads(built("inspect", "app.slug", "--json").stdout)["digest"]
    assert built("cat", digest[:8], "hello.txt").stdout == "hello\n"
    assert digest[:12] in built("slugs").stdout


def test_ls_tells_who_owns_a_file(built):
    found = {item["path"]: item for item in json.loads(built("ls", "app.slug", "--json").stdout)}
    assert found["app/goodbye.txt"]["owner"] == "hello"
    assert found["app/hello.txt"]["owner"] == "source"
    assert built("ls", "app.slug", "--null").stdout.split("\0")[:-1] == list(found)


def test_cat_names_what_is_missing(built):
    done = built("cat", "app.slug", "nothing", code=60)
    assert "has no file nothing (slug.no-member)" in done.stderr


def test_extract_refuses_a_folder_that_is_in_use(built):
    built("extract", "app.slug", "out")
    assert (built.folder / "out" / "app" / "hello.txt").read_text() == "hello\n"
    assert "slug.target-exists" in built("extract", "app.slug", "out", code=60).stderr


def test_verify_finds_a_changed_byte(built):
    assert "frames are what the manifest says" in built("verify", "app.slug").stdout
    data = bytearray((built.folder / "app.slug").read_bytes())
    data[-30] ^= 1
    (built.folder / "bad.slug").write_bytes(data)
    assert "The digest of frame" in built("verify", "bad.slug", code=62).stderr


def test_a_second_build_gives_the_same_bytes(built):
    done = built("verify", "app.slug", "--rebuild", "src", "--buildpack", str(PACKS / "hello"))
    assert "A second build gave the same bytes" in done.stdout


def test_a_build_that_does_not_repeat_itself_names_the_file_and_its_owner(built):
    pack = built.folder / "dice"
    shutil.copytree(PACKS / "hello", pack)
    with (pack / "bin" / "compile").open("a") as script:
        script.write('\ncat /proc/sys/kernel/random/uuid > "$1/dice.txt"\n')
    built("build", "src", "--buildpack", str(pack), "-o", "dice.slug")
    done = built("verify", "dice.slug", "--rebuild", "src", "--buildpack", str(pack), code=67)
    assert "A second build differs in app/dice.txt (slug.not-reproducible)" in done.stderr
    assert "made by dice" in done.stderr


def test_another_source_is_not_blamed_on_the_build(built):
    shutil.copytree(built.folder / "src", built.folder / "other")
    (built.folder / "other" / "new.txt").write_text("x")
    done = built("verify", "app.slug", "--rebuild", "other", "--buildpack", str(PACKS / "hello"), code=68)
    assert "other is not the source of this slug" in done.stderr


def test_an_export_announces_its_own_checksum(built):
    result = json.loads(built("export", "app.slug", "--format", "heroku", "-o", "heroku", "--json").stdout)
    request = json.loads((built.folder / "heroku" / "slug.json").read_text())
    assert request["checksum"] == result["checksum"]
    assert request["process_types"]["web"] == "./serve"


def test_gc_says_what_it_kept_and_why(built):
    assert "because it was used a moment ago" in built("gc", "--budget", "0").stdout
    assert "is no size" in built("gc", "--budget", "lots", code=2).stderr


def test_a_command_with_one_result_prints_one_json_document_whatever_it_did_on_the_way(built):
    options = ("--rebuild", "src", "--buildpack", str(PACKS / "hello"))
    done = built("verify", "app.slug", *options, "--json")
    assert json.loads(done.stdout)["rebuilt"] is True
    assert "-----> Greeting from hello.txt" in done.stderr


def test_why_agrees_with_a_build_of_the_same_options(built):
    options = ("src", "--buildpack", str(PACKS / "hello"), "--isolation", "none", "--level", "5", "--app", "other")
    built("build", *options)
    assert json.loads(built("why", *options, "--json").stdout) == {"rebuild": False, "reasons": []}


def test_caches_are_listed_by_the_name_of_their_app(built):
    built("build", "src", "--buildpack", str(PACKS / "hello"), "--app", "shop")
    assert "shop" in json.loads(built("cache", "list", "--json").stdout)
    assert any(line.startswith("shop ") for line in built("cache", "list").stdout.splitlines())


@pytest.mark.parametrize(
    "command", ["release app.slug -o {}", "cache export {} --app src", "export app.slug --format heroku -o {}/f"]
)
def test_a_place_that_refuses_is_named_and_nothing_is_left_in_it(built, command):
    built("build", "src", "--buildpack", str(PACKS / "hello"), "--app", "src")
    (built.folder / "taken").mkdir(exist_ok=True)
    (built.folder / "file").touch()
    before = sorted(built.folder.rglob("*"))
    place = "file" if command.startswith("export") else "taken"
    done = built(*command.format(place).split(), code=65 if place == "file" else 2)
    assert f"{place}/f could not" in done.stderr or f"{place} could not be written (usage.not-written)" in done.stderr
    assert "SLUGC_HOME" not in done.stderr
    assert sorted(built.folder.rglob("*")) == before


def test_caches_are_cleared_one_or_all(built):
    named = built("cache", "list", "--json").stdout
    assert "--all is every app's" in built("cache", "clear", ".", "--app", "x", "--all", code=2).stderr
    assert "no build cache for nobody" in built("cache", "clear", "--app", "nobody", code=42).stderr
    assert built("cache", "clear", "--all").stdout.count("Removed the build cache of") == len(json.loads(named)) > 0
    assert built("cache", "clear", "--all").stdout == "There is no build cache.\n"
