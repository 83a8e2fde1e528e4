"""The second build: a no-op where nothing changed, and reasons where something did."""

import json
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from slugc import api, events, pipeline
from slugc.cache import BuildCache, known_apps
from slugc.errors.cache import CacheArchiveRefused, CacheUnknown
from slugc.errors.compile import BuildpackFailed
from slugc.host.clock import SystemClock
from slugc.host.files import remove_tree
from slugc.model.build import BuildRequest, Isolation
from slugc.render import json as json_form


def ran(builder):
    return any(isinstance(event, events.BuildpackStarted) for event in builder.seen)


def test_an_unchanged_source_gives_the_same_slug_and_runs_nothing(builder, app, tmp_path):
    source = app({"hello.txt": "x"})
    first = builder.build(source, "hello")
    second = builder.build(source, "hello", out=tmp_path / "again.slug")
    assert (second.reused, second.reasons) == (True, ())
    assert not ran(builder)
    assert second.slug.manifest == first.slug.manifest
    assert second.slug.path.read_bytes() == first.slug.path.read_bytes()
    assert "Nothing changed" in builder.transcript
    assert builder.why(source, "hello") == ()


def test_a_touched_or_freshly_checked_out_file_is_no_change(builder, app):
    source = app({"hello.txt": "x", "b": "y"})
    builder.build(source, "hello")
    os.utime(source / "b")
    (source / "hello.txt").unlink()
    (source / "hello.txt").write_text("x")
    assert builder.build(source, "hello").reused


def test_a_change_that_keeps_size_and_mtime_is_seen(builder, app):
    source = app({"hello.txt": "aaaa"})
    time.sleep(2.1)
    builder.build(source, "hello")
    builder.build(source, "hello")
    info = (source / "hello.txt").stat()
    with (source / "hello.txt").open("r+") as file:
        file.write("bbbb")
    os.utime(source / "hello.txt", ns=(info.st_atime_ns, info.st_mtime_ns))
    assert builder.build(source, "hello").reasons == ("hello.txt has changed",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: (s / "hello.txt").write_text("other"), "hello.txt has changed"),
        (lambda s: (s / "new").write_text("x"), "new has been added"),
        (lambda s: (s / "b").unlink(), "b has been removed"),
        (lambda s: (s / "b").chmod(0o755), "b has changed"),
        (lambda s: ((s / "l").unlink(), (s / "l").symlink_to("else")), "l has changed"),
        (lambda s: (s / "empty").mkdir(), "empty has been added"),
        (lambda s: [(s / f"n{i}").write_text("x") for i in range(9)], "4 more files have changed"),
    ],
)
def test_each_changed_file_is_named(builder, app, change, reason):
    source = app({"hello.txt": "x", "b": "y"})
    (source / "l").symlink_to("b")
    builder.build(source, "hello")
    change(source)
    assert reason in builder.why(source, "hello")
    result = builder.build(source, "hello")
    assert reason in result.reasons
    assert f"- {reason}" in builder.transcript
    assert ran(builder)


def test_options_config_vars_buildpacks_and_the_environment_count(builder, app):
    source = app({"hello.txt": "x"})
    builder.build(source, "hello", config={"A": "1"})
    assert builder.why(source, "hello", config={"A": "1"}) == ()
    assert builder.why(source, "hello", config={"A": "2"}) == ("the config var A has changed",)
    assert builder.why(source, "hello") == ("the config var A has been unset",)
    assert builder.why(source, "hello", config={"A": "1"}, level=4) == ("the option --level has changed from 3 to 4",)
    assert "the isolation has changed from bubblewrap to none" in builder.why(
        source, "hello", config={"A": "1"}, isolation=Isolation.NONE
    )
    (reason,) = builder.why(source, "hello", "probe", config={"A": "1"})
    assert reason.startswith("the buildpacks have changed from ")
    builder.environ = {**builder.environ, "PIP_INDEX_URL": "http://127.0.0.1/x"}
    assert builder.why(source, "hello", config={"A": "1"}) == ("the environment variable PIP_INDEX_URL has been set",)


def test_values_of_config_vars_are_not_kept_in_the_clear(builder, app):
    source = app({"hello.txt": "x"})
    builder.build(source, "hello", config={"A": "correct horse battery staple"})
    inputs = BuildCache(home=builder.home, app=str(source)).folder / "inputs"
    assert inputs.stat().st_mode & 0o777 == 0o600
    assert b"correct horse" not in inputs.read_bytes()


def test_a_source_and_a_buildpack_at_a_path_that_is_not_utf8(builder, app, tmp_path, packs):
    odd = os.fsdecode(b"caf\xe9")
    pack = tmp_path / odd / "pack"
    shutil.copytree(packs / "hello", pack)
    source = app({"hello.txt": "x"}).rename(tmp_path / odd / "app")
    first = builder.build(source, pack)
    assert first.slug.manifest.buildpacks[0].id == "pack"
    assert known_apps(builder.home).keys() == {str(source)}
    lines = [json.loads(json_form.render(event)) for event in builder.seen]
    assert lines[0]["source"] == f"{tmp_path}/caf\\xe9/app"
    assert builder.build(source, pack, rebuild=True).slug.manifest == first.slug.manifest


def test_an_edited_buildpack_rebuilds(builder, app, tmp_path, packs):
    subprocess.run(["cp", "-r", packs / "hello", tmp_path / "mine"], check=True)
    source = app({"hello.txt": "x"})
    builder.build(source, tmp_path / "mine")
    with (tmp_path / "mine" / "bin" / "compile").open("a") as file:
        file.write("echo more\n")
    assert builder.build(source, tmp_path / "mine").reasons == (f"the buildpack {tmp_path / 'mine'} has changed",)


def test_rebuild_and_no_cache_run_the_buildpacks(builder, app):
    source = app({"a": "b"})
    builder.build(source, "counter")
    builder.build(source, "counter", rebuild=True)
    assert "build number 2" in builder.transcript
    builder.build(source, "counter", use_cache=False)
    assert "build number 1" in builder.transcript
    builder.build(source, "counter", rebuild=True)
    assert "build number 3" in builder.transcript


def test_a_lost_slug_is_built_again(builder, app):
    source = app({"hello.txt": "x"})
    first = builder.build(source, "hello")
    first.slug.path.unlink()
    second = builder.build(source, "hello")
    assert second.reasons == ("the last slug is no longer in the store",)
    assert second.slug.path.exists()


def test_a_failed_build_leaves_the_cache_as_it_was(builder, app):
    source = app({"a": "b"})
    builder.build(source, "counter")
    (source / "fail-after-cache").write_text("")
    with pytest.raises(BuildpackFailed):
        builder.build(source, "counter")
    (source / "fail-after-cache").unlink()
    builder.build(source, "counter", rebuild=True)
    assert "build number 2" in builder.transcript


@pytest.mark.parametrize("damage", ["pipe", "file", "unreadable-inputs"])
def test_a_broken_cache_makes_a_build_slower_and_nothing_else(builder, app, damage):
    source = app({"a": "b"})
    builder.build(source, "counter")
    cache = BuildCache(home=builder.home, app=str(source))
    if damage == "pipe":
        os.mkfifo(cache.live / "counter" / "pipe")
    elif damage == "file":
        subprocess.run(["rm", "-r", cache.live], check=True)
        cache.live.write_text("not a folder")
    else:
        (cache.folder / "inputs").write_bytes(b"slugc-inputs-2\n\xc1\xc1")
    builder.build(source, "counter", rebuild=True)
    assert "build number" in builder.transcript


def test_a_cache_travels_between_machines(builder, app, tmp_path):
    source = app({"a": "b"})
    builder.build(source, "counter")
    cache = BuildCache(home=builder.home, app=str(source))
    (cache.live / "counter" / "link").symlink_to("count")
    assert api.export_cache(str(source), tmp_path / "cache.tar.zst", home=builder.home) > 0
    elsewhere = BuildCache(home=type(builder.home)(tmp_path / "other"), app=str(source))
    builder.home = elsewhere.home
    assert api.import_cache(str(source), tmp_path / "cache.tar.zst", home=builder.home) == cache.size()
    assert os.readlink(elsewhere.live / "counter" / "link") == "count"
    builder.build(source, "counter", rebuild=True)
    assert "build number 2" in builder.transcript


def test_a_fresh_checkout_on_another_machine_is_a_no_op_with_the_imported_cache(builder, app, tmp_path):
    first = builder.build(app({"a": "b", "sub/c": "d"}, "one"), "counter", app="shop")
    api.export_cache(".", tmp_path / "cache.tar.zst", app="shop", home=builder.home)
    builder.home = type(builder.home)(tmp_path / "other")
    api.import_cache(".", tmp_path / "cache.tar.zst", app="shop", home=builder.home)
    second = builder.build(app({"a": "b", "sub/c": "d"}, "two"), "counter", app="shop")
    assert second.reused
    assert second.slug.path.read_bytes() == first.slug.path.read_bytes()
    (tmp_path / "two" / "a").write_text("changed")
    assert builder.why(tmp_path / "two", "counter", app="shop") == ("a has changed",)


def test_what_is_no_cache_is_refused(builder, tmp_path):
    (tmp_path / "bad").write_bytes(b"x")
    for name in ("bad", "missing"):
        with pytest.raises(CacheArchiveRefused):
            api.import_cache(".", tmp_path / name, app="x", home=builder.home)


def test_an_app_that_was_never_built_has_no_cache_to_export(builder, tmp_path):
    with pytest.raises(CacheUnknown):
        api.export_cache(".", tmp_path / "out", app="x", home=builder.home)


def test_a_cleared_cache_makes_the_next_build_the_first(builder, app):
    source = app({"a": "b"})
    first = builder.build(source, "counter")
    cache = BuildCache(home=builder.home, app=str(source))
    held = cache.size()
    assert api.clear_cache(str(source), home=builder.home) == (str(source), held)
    assert held > 0
    assert api.caches(home=builder.home) == {}
    assert builder.why(source, "counter") == ("there is no earlier build of this app",)
    builder.build(source, "counter")
    assert "build number 1" in builder.transcript
    assert first.slug.path.is_file()


def test_a_broken_cache_can_be_cleared(builder, app):
    source = app({"a": "b"})
    builder.build(source, "counter", app="shop")
    cache = BuildCache(home=builder.home, app="shop")
    subprocess.run(["rm", "-r", cache.live], check=True)
    cache.live.write_text("not a folder")
    api.clear_cache(app="shop", home=builder.home)
    assert not cache.live.exists()


def test_what_was_never_built_has_no_cache_to_clear(builder):
    with pytest.raises(CacheUnknown) as caught:
        api.clear_cache(app="x", home=builder.home)
    assert "slugc cache list" in caught.value.hint


def test_slugs_and_the_state_folder_in_the_source_are_no_source(builder, app):
    source = app({"hello.txt": "x"})
    builder.home = type(builder.home)(source / ".state")
    builder.build(source, "hello", out=source / "app.slug")
    assert builder.build(source, "hello", out=source / "app.slug").reused
    assert builder.build(source, "hello", out=source / "other.bin").reused
    assert builder.build(source, "hello", out=source / "other.bin").reused
    result = builder.build(source, "hello", out=source / "app.slug", rebuild=True)
    assert sorted(p.name for p in builder.tree(result).iterdir()) == ["goodbye.txt", "hello.txt", "other.bin"]


def test_a_slug_written_into_a_work_tree_makes_it_neither_dirty_nor_different(builder, app):
    source = app({"hello.txt": "x"})
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", *identity, *words], cwd=source, check=True)
    for _ in range(2):
        result = builder.build(source, "hello", out=source / "app.slug")
        assert not result.slug.manifest.source.dirty
    assert result.reused


def test_several_builds_of_one_app_at_once_all_succeed(builder, app, packs):
    source = app({"hello.txt": "x", "big": os.urandom(3 << 20)})

    def one(_):
        request = BuildRequest(source=str(source), buildpacks=(str(packs / "hello"),), rebuild=True)
        done = pipeline.build(request, home=builder.home, clock=SystemClock(), environ={})
        return done.slug.manifest.digest

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(8)))) == 1
    assert builder.build(source, "hello").reused


def test_sources_at_a_commit_are_no_ops_too(builder, app):
    source = app({"hello.txt": "x"})
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", *identity, *words], cwd=source, check=True)
    assert not builder.build(f"{source}#HEAD", "hello").reused
    assert builder.build(f"{source}#HEAD", "hello").reused
    (source / "hello.txt").write_text("work tree only")
    assert builder.build(f"{source}#HEAD", "hello").reused


def test_only_the_changed_layers_frames_are_compressed_again(builder, app):
    source = app({"hello.txt": "x", "big": os.urandom(9 << 20)})
    builder.build(source, "hello")
    (source / "hello.txt").write_text("y")
    changed = builder.build(source, "hello")
    packed = next(event for event in builder.seen if isinstance(event, events.SlugPacked))
    assert packed.frames_reused > 0
    scratch = builder.build(app({"hello.txt": "y", "big": (source / "big").read_bytes()}, "copy"), "hello")
    assert scratch.slug.path.read_bytes() == changed.slug.path.read_bytes()


def test_a_link_in_the_place_of_a_buildpacks_cache_leads_nowhere(builder, app, tmp_path):
    pack = tmp_path / "writer"
    (pack / "bin").mkdir(parents=True)
    (pack / "bin/detect").write_text("#!/bin/sh\n")
    (pack / "bin/compile").write_text('#!/bin/sh\nrm -rf "$2"/* && echo mine > "$2/file"\n')
    source, precious = app({"a": "b"}), tmp_path / "precious"
    builder.build(source, pack)
    precious.mkdir()
    (precious / "other").write_text("kept")
    (live,) = builder.home.cache.glob("*/live/writer")
    remove_tree(live)
    live.symlink_to(precious)
    builder.build(source, pack, rebuild=True)
    assert [path.name for path in precious.iterdir()] == ["other"]
