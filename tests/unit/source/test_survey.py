import dataclasses
import io
import json
import os
import tarfile
import time

import pytest
import zstandard

from slugc.cache import BuildCache
from slugc.formats import release_json
from slugc.host import marked, trees
from slugc.host.home import Home
from slugc.model.release import ReleaseManifest
from slugc.source import locate, survey

LATER_NS = 3_000_000_000
SLUG = b"\x28\xb5\x2f\xfd slug"


@pytest.fixture
def app(tmp_path):
    root = tmp_path / "app"
    (root / "sub").mkdir(parents=True)
    (root / "a").write_text("1")
    (root / "sub" / "b").write_text("2")
    return root


def look(root, known=None):
    """As if three seconds had passed: what was just written is settled."""
    return survey(locate(str(root)), known=known, now_ns=time.time_ns() + LATER_NS, environ={})


def quick(root, known, monkeypatch):
    """What a survey says that must not read any file again."""
    with monkeypatch.context() as patched:
        patched.setattr(trees, "walk", lambda *_, **__: pytest.fail("the tree was walked"))
        return look(root, known)


def test_an_unchanged_source_is_not_walked(app, monkeypatch):
    known = look(app)
    assert quick(app, known, monkeypatch) == known


def test_a_file_that_was_just_written_is_read_again(app):
    young = survey(locate(str(app)), known=None, now_ns=time.time_ns(), environ={})
    assert young.files["a"][1] == -1
    assert look(app, young).identity == young.identity
    assert look(app, young).files["a"][1] != -1


def test_new_rules_bring_in_what_was_left_out_though_no_file_changed(app):
    (app / ".slugignore").write_text("b\n.slugignore\n")
    known = look(app)
    assert "sub/b" not in known.files
    before = (app / ".slugignore").stat()
    (app / ".slugignore").write_text("x\n.slugignore\n")
    os.utime(app / ".slugignore", ns=(before.st_atime_ns, before.st_mtime_ns))
    now = look(app, known)
    assert now.identity != known.identity
    assert "sub/b" in now.files


def test_an_earlier_slug_that_becomes_something_else_is_seen(app, monkeypatch):
    (app / "sub" / "old.slug").write_bytes(SLUG)
    known = look(app)
    assert known.slugs == ("sub/old.slug",)
    assert quick(app, known, monkeypatch) == known
    (app / "sub" / "old.slug").write_bytes(SLUG + b" of another build")
    assert quick(app, known, monkeypatch) == known
    (app / "sub" / "old.slug").write_text("words")  # the folder's time stays as it is
    assert "sub/old.slug" in look(app, known).files


def test_a_release_manifest_never_enters_a_build_and_another_json_does(app):
    manifest = ReleaseManifest(app="shop", version=3, slug="ab" * 32, config_vars={"KEY": "secret"})
    (app / "release.json").write_bytes(release_json.render(manifest))
    (app / "sub" / "prod-release.json").write_bytes(json.dumps(json.loads(release_json.render(manifest))).encode())
    (app / "sub" / "release.json").write_text('{"schema": 1, "app": "x", "version": 2, "slug": "none"}')
    (app / "release.jsonl").write_bytes(release_json.render(manifest))
    known = look(app)
    assert known.slugs == ("release.json", "sub/prod-release.json")
    assert {"sub/release.json", "release.jsonl"} <= set(known.files)


def test_an_exported_cache_never_enters_a_build_and_another_archive_does(app, tmp_path):
    def archive(name: str) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
        return zstandard.compress(buffer.getvalue())

    cache = BuildCache(home=Home(tmp_path / "home"), app="shop")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "x").write_text("cached")
    cache.swap(tmp_path / "work", tmp_path / "trash")
    cache.export(app / "cache.tar.zst")
    (cache.folder / "inputs").write_bytes(b"what the last slug was built from")
    cache.export(app / "sub" / "cache.tar.zst", slug=app / "a")
    (app / "data.tar.zst").write_bytes(archive("data/live"))
    (app / "broken.tar.zst").write_bytes(SLUG)
    known = look(app)
    assert known.slugs == ("cache.tar.zst", "sub/cache.tar.zst")
    assert {"data.tar.zst", "broken.tar.zst"} <= set(known.files)


def test_a_slug_written_into_the_source_costs_no_second_walk(app, monkeypatch):
    known = look(app)
    (app / "app.slug").write_bytes(SLUG)
    assert quick(app, known, monkeypatch) == known


def test_where_folders_cannot_be_trusted_contents_decide(app, monkeypatch):
    known = look(app)
    monkeypatch.setattr(marked, "KEEPING", frozenset())
    assert look(app, known) == known
    (app / "sub" / "c").write_text("3")
    assert look(app, known).identity != known.identity


def test_equal_trees_have_equal_identities_wherever_they_lie(app, tmp_path):
    app.rename(tmp_path / "moved")
    moved = look(tmp_path / "moved")
    (app / "sub").mkdir(parents=True)
    (app / "sub" / "b").write_text("2")
    (app / "a").write_text("1")
    assert dataclasses.replace(look(app), files={}) == dataclasses.replace(moved, files={})
