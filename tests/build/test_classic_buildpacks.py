import subprocess

import pytest

from slugc.errors.compile import BuildpackFailed
from slugc.errors.detect import BuildpackRefused


def test_a_hello_world_buildpack_makes_a_slug_that_tar_reads(builder, app, tmp_path):
    source = app({"hello.txt": "hello world\n", "Procfile": "web: cat goodbye.txt\n"})
    result = builder.build(source, "hello", out=tmp_path / "app.slug")
    listing = subprocess.run(["tar", "--zstd", "-tf", result.slug.path], capture_output=True, text=True, check=True)
    assert "./app/goodbye.txt" in listing.stdout.splitlines()
    assert (builder.tree(result) / "goodbye.txt").read_text() == "goodbye world\n"
    manifest = result.slug.manifest
    assert {p.name: p.command for p in manifest.process_types} == {
        "hello": "cat hello.txt",
        "web": "cat goodbye.txt",
    }
    assert manifest.config_vars == {"GREETING": "hello"}
    assert manifest.addons == ("shared-database:5mb",)
    assert "-----> Hello app detected\n-----> Greeting from hello.txt\n       wrote goodbye.txt" in builder.transcript


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
