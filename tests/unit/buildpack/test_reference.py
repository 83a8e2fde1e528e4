import pytest

from slugc.buildpack import builtin
from slugc.buildpack.identity import short_name
from slugc.buildpack.reference import Named, read


@pytest.fixture(autouse=True)
def _two_built_in(monkeypatch):
    monkeypatch.setattr(builtin, "available", lambda: ("python", "node"))


@pytest.mark.parametrize(
    ("text", "kind", "address", "ref"),
    [
        ("python", "builtin", "python", ""),
        ("slugc/python", "builtin", "python", ""),
        ("heroku/nodejs", "builtin", "node", ""),
        ("https://example.com/a/b.git", "git", "https://example.com/a/b.git", ""),
        ("https://example.com/a/b#v2", "git", "https://example.com/a/b", "v2"),
        ("git+https://example.com/a/b#main", "git", "https://example.com/a/b", "main"),
        ("ssh://git@example.com/a.git", "git", "ssh://git@example.com/a.git", ""),
        ("git://example.com/a.git#x", "git", "git://example.com/a.git", "x"),
        ("git@example.com:a/b.git#topic/one", "git", "git@example.com:a/b.git", "topic/one"),
        ("file:///srv/pack.git#v1", "git", "file:///srv/pack.git", "v1"),
        ("https://example.com/p.tgz", "tarball", "https://example.com/p.tgz", ""),
        ("https://example.com/p.tar.gz?token=a#b", "tarball", "https://example.com/p.tar.gz?token=a", "b"),
        ("https://example.com/p.tbz", "tarball", "https://example.com/p.tbz", ""),
        ("https://example.com/p.tar", "tarball", "https://example.com/p.tar", ""),
        ("https://example.com/p.tar.zst", "tarball", "https://example.com/p.tar.zst", ""),
        ("docker://registry.example.com/p:1", "image", "docker://registry.example.com/p:1", ""),
        ("urn:cnb:registry:a/b@1", "registered", "a/b@1", ""),
        ("urn:cnb:builder:a/b@1", "unknown", "urn:cnb:builder:a/b@1", ""),
        ("ruby", "unknown", "ruby", ""),
        ("gopher://x", "unknown", "gopher://x", ""),
    ],
)
def test_each_form_of_reference_is_told_apart(tmp_path, text, kind, address, ref):
    assert read(text, base=tmp_path) == Named(kind=kind, address=address, ref=ref)


def test_the_home_of_a_user_who_does_not_exist_is_a_folder_that_is_not_there(tmp_path):
    found = read("~nobody-of-that-name/pack", base=tmp_path)
    assert found == Named(kind="path", address=str(tmp_path / "~nobody-of-that-name/pack"))


@pytest.mark.parametrize("text", ["a" * 300, "./" + "a" * 300, "./" + "a/" * 3000])
def test_a_name_longer_than_any_path_is_no_reference(tmp_path, text):
    assert read(text, base=tmp_path).kind == "unknown"


def test_a_built_in_name_wins_over_a_folder_unless_it_is_written_as_a_path(tmp_path):
    (tmp_path / "python").mkdir()
    assert read("python", base=tmp_path).kind == "builtin"
    assert read("./python", base=tmp_path) == Named(kind="path", address=str(tmp_path / "python"))


def test_a_folder_with_a_hash_is_a_git_repository_at_a_ref(tmp_path):
    (tmp_path / "pack").mkdir()
    assert read("pack#v1", base=tmp_path) == Named(kind="git", address=str(tmp_path / "pack"), ref="v1")


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("builtin:python", "slugc/python"),
        ("https://example.com/heroku-buildpack-hello.git#v2", "hello"),
        ("git@example.com:me/buildpack-x.git", "x"),
        ("https://example.com/packs/thing.tar.gz?x=1", "thing"),
        ("file:/srv/packs/own/", "own"),
        ("https://example.com/", "example.com"),
    ],
)
def test_a_buildpack_without_a_descriptor_is_named_by_its_address(uri, name):
    assert short_name(uri) == name
