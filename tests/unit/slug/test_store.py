"""The store: slugs by digest, trees shared, two processes at once, and a collection that spares what is used."""

import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slugc.errors.slug import AmbiguousSlug, DigestMismatch, FolderForSlug, NotASlug, SlugNotFound
from slugc.host.home import Home
from slugc.slug.collect import collect, empty_trash, holdings
from slugc.slug.store import SlugStore
from slugc.slug.unpack import unpack


class Later:
    """A clock that is an hour ahead: nothing was used a moment ago."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=1)

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def store(tmp_path: Path) -> SlugStore:
    return SlugStore(Home(tmp_path / "home"))


def _variants(tree, packed, store, count):
    slugs = []
    for number in range(count):
        (tree / "app" / "number").write_text(str(number))
        slug = store.add(packed(tree).path)
        os.utime(slug.path, (1_000_000 + number, 1_000_000 + number))
        slugs.append(slug)
    return slugs


def test_a_slug_is_found_by_path_digest_and_beginning(tree, packed, store):
    slug = packed(tree)
    kept = store.add(slug.path)
    digest = slug.manifest.digest
    assert store.find(str(slug.path)) == slug
    assert store.find(digest) == store.find(digest[:6]) == store.find(f"sha256:{digest[:12]}") == kept
    assert store.digests() == (digest,)


def test_a_folder_is_told_from_a_slug_and_how_to_make_one_of_it(store, tmp_path):
    with pytest.raises(FolderForSlug) as caught:
        store.find(str(tmp_path))
    assert caught.value.hint == f"Make one of it with: slugc build {tmp_path} -o app.slug"


@pytest.mark.parametrize("reference", ["nowhere.slug", "abcdef", "abc"])
def test_a_slug_that_is_not_there_is_named(store, reference):
    with pytest.raises(SlugNotFound) as caught:
        store.find(reference)
    assert caught.value.reference == reference


def test_a_beginning_that_fits_two_slugs_is_refused(store):
    store.home.slugs.mkdir(parents=True)
    for tail in "ab":
        (store.home.slugs / f"{'a' * 63}{tail}.slug").touch()
    with pytest.raises(AmbiguousSlug) as caught:
        store.find("aaaaaa")
    assert len(caught.value.digests) == 2


def test_a_damaged_slug_does_not_enter(tree, packed, store):
    slug = packed(tree)
    data = bytearray(slug.path.read_bytes())
    data[slug.frames_at + 20] ^= 1
    slug.path.write_bytes(data)
    with pytest.raises(DigestMismatch):
        store.add(slug.path)
    assert store.digests() == ()


def test_a_file_that_is_no_slug_does_not_enter(tmp_path, store):
    (tmp_path / "x.slug").write_text("hello")
    with pytest.raises(NotASlug):
        store.add(tmp_path / "x.slug")


def test_an_adopted_tree_is_what_unpacking_gives(tree, packed, store, tmp_path, listing):
    source = tree / "app" / "mod.py"
    source.write_text("value = 1\n")
    import py_compile

    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    (tmp_path / "cache").write_text("shared with a cache outside")
    os.link(tmp_path / "cache", tree / "app" / "linked")
    os.mkfifo(tree / "app" / "pipe")
    before = (tmp_path / "cache").stat()
    slug = store.take(packed(tree))
    unpack(slug, tmp_path / "unpacked")
    adopted = store.adopt_tree(tree, slug.manifest)
    assert adopted == store.tree(slug.manifest.digest)
    assert listing(adopted) == listing(tmp_path / "unpacked")
    assert not (tree / "app").exists()
    after = (tmp_path / "cache").stat()
    assert (after.st_mtime, after.st_mode, after.st_nlink) == (before.st_mtime, before.st_mode, 1)


def test_a_tree_that_changed_since_it_was_packed_is_not_adopted(tree, packed, store, tmp_path, listing):
    slug = store.take(packed(tree))
    unpack(slug, tmp_path / "unpacked")
    (tree / "app" / "late").write_text("written after packing")
    assert listing(store.adopt_tree(tree, slug.manifest)) == listing(tmp_path / "unpacked")


def test_a_tree_of_an_earlier_run_of_the_machine_is_made_again(tree, packed, store):
    digest = store.take(packed(tree)).manifest.digest
    lost = store.tree(digest) / "app" / "Procfile"
    lost.write_bytes(b"")
    (store.home.trees / f"{digest}.ready").write_text("another boot")
    assert (store.tree(digest) / "app" / "Procfile").read_bytes() == b"web: ./server\n"


def test_two_processes_unpack_one_slug_once(tree, packed, store):
    digest = store.take(packed(tree)).manifest.digest
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_unpack, args=(store.home.root, digest)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 4
    assert [path.name for path in store.home.trees.iterdir() if path.is_dir()].count(digest) == 1
    assert not list(store.home.trees.glob(".[0-9a-f]*"))


def _unpack(root: Path, digest: str) -> None:
    assert (SlugStore(Home(root)).tree(digest) / "app" / "Procfile").exists()


def test_the_longest_unused_go_first_and_trees_before_slugs(tree, packed, store):
    slugs = _variants(tree, packed, store, 3)
    for slug in slugs:
        store.tree(slug.manifest.digest)
        os.utime(slug.path, (2_000_000 + slugs.index(slug),) * 2)
    digests = tuple(slug.manifest.digest for slug in slugs)
    report = collect(store, budget=holdings(store)[-1].slug_size, clock=Later())
    assert (report.trees, report.slugs) == (digests, digests[:2])
    assert store.digests() == (slugs[2].manifest.digest,)


def test_a_kept_and_a_leased_slug_stay(tree, packed, store):
    slugs = _variants(tree, packed, store, 3)
    kept, leased, free = (slug.manifest.digest for slug in slugs)
    with store.lease(leased) as root:
        report = collect(store, budget=0, clock=Later(), keep={kept})
        assert (root / "app").is_dir()
    assert report.slugs == (free,)
    assert report.kept[kept] == "a release uses it"
    assert report.kept[leased] == "a dyno runs on it"
    assert set(collect(store, budget=0, clock=Later()).slugs) == {kept, leased}


def test_what_was_built_a_moment_ago_stays(tree, packed, store):
    from slugc.host.clock import SystemClock

    digest = store.add(packed(tree).path).manifest.digest
    report = collect(store, budget=0, clock=SystemClock())
    assert (report.slugs, report.kept) == ((), {digest: "it was used a moment ago"})


def test_nothing_is_deleted_before_the_trash_is_emptied(tree, packed, store):
    _variants(tree, packed, store, 2)
    collect(store, budget=0, clock=Later())
    assert len(list(store.home.trash.iterdir())) == 2
    assert empty_trash(store.home) == 2
    assert list(store.home.trash.iterdir()) == []
