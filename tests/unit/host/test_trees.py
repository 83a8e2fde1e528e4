import os

from hypothesis import given, settings
from hypothesis import strategies as st

from slugc.host import trees

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda name: name not in {".", ".."} and len(name.encode()) < 200
)
TREES = st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map(tuple), st.binary(max_size=100), max_size=8)


def write(root, files):
    root.mkdir()
    for parts, content in files.items():
        place = root.joinpath(*parts)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            continue


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_a_copy_has_the_digest_of_its_original(tmp_path_factory, files):
    root = tmp_path_factory.mktemp("t")
    write(root / "a", files)
    copied = trees.copy(root / "a", root / "b", digesting=True)
    assert trees.digest(root / "a") == trees.digest(root / "b") == copied.digest


def test_every_kind_of_difference_changes_the_digest(tmp_path):
    root = tmp_path / "a"
    write(root, {("file",): b"1", ("sub", "x"): b"2"})
    (root / "link").symlink_to("file")
    seen = {trees.digest(root)}
    (root / "file").chmod(0o755)
    seen.add(trees.digest(root))
    (root / "file").write_bytes(b"3")
    seen.add(trees.digest(root))
    (root / "link").unlink()
    (root / "link").symlink_to("else")
    seen.add(trees.digest(root))
    (root / "empty").mkdir()
    seen.add(trees.digest(root))
    (root / "file").rename(root / "renamed")
    seen.add(trees.digest(root))
    assert len(seen) == 6


def test_times_owners_and_other_mode_bits_do_not_change_it(tmp_path):
    root = tmp_path / "a"
    write(root, {("file",): b"1"})
    before = trees.digest(root)
    os.utime(root / "file", (1, 1))
    (root / "file").chmod(0o600)
    assert trees.digest(root) == before


def test_many_files_hash_to_the_same_on_all_processors(tmp_path):
    root = tmp_path / "a"
    root.mkdir()
    names = [f"f{number}" for number in range(600)]
    for name in names:
        (root / name).write_text(name)
    alone = trees.hash_files(root, names, size=0)
    together = trees.hash_files(root, names, size=trees.PARALLEL_BYTES)
    assert alone == together
    assert len(set(alone)) == 600


def test_a_skipped_folder_is_not_entered(tmp_path):
    root = tmp_path / "a"
    write(root, {("keep",): b"1", ("skip", "deep", "x"): b"2"})
    assert [entry.path for entry in trees.walk(root, skip=lambda path: path == "skip/")] == ["keep"]


def test_what_its_owner_shut_away_is_opened_where_that_is_asked_for(tmp_path):
    root = tmp_path / "tree"
    (root / "shut" / "deep").mkdir(parents=True)
    (root / "shut" / "deep" / "file").write_text("x")
    (root / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").write_text("")
    for path in ("../outside", "shut/deep/file", "shut/deep", "shut", "."):
        (root / path).chmod(0)
    found = {entry.path: entry.mode & 0o777 for entry in trees.walk(root, opening=True)}
    assert found == {"shut": 0o700, "shut/deep": 0o700, "shut/deep/file": 0o400, "link": 0o777}
    assert (root / "shut/deep/file").read_text() == "x"
    assert (tmp_path / "outside").stat().st_mode & 0o777 == 0
