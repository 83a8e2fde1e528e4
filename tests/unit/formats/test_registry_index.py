"""The index of a Cloud Native registry: where a name stands, and which of its versions is meant."""

import json

import pytest

from slugc.formats.registry_index import choose, entries, named

DIGEST = "a" * 64


def line(version: str, *, yanked: bool = False, addr: str = "") -> str:
    entry = {"ns": "acme", "name": "pack", "version": version, "yanked": yanked}
    return json.dumps({**entry, "addr": addr or f"host.example/{version}@sha256:{DIGEST}"})


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("acme/a", "1/acme_a"),
        ("acme/ab", "2/acme_ab"),
        ("acme/abc", "3/ab/acme_abc"),
        ("acme/java", "ja/va/acme_java"),
        ("acme-inc/nodejs@1.2", "no/de/acme-inc_nodejs"),
    ],
)
def test_a_name_stands_where_the_specification_says(text, file):
    found = named(text)
    assert found is not None
    assert str(found.file) == file


@pytest.mark.parametrize(
    "text", ["", "pack", "a/b/c", "../..", "acme/..", "./pack", "Acme/pack", "a b/c", "a/b@", "a/b@1@2"]
)
def test_what_is_no_name_is_told(text):
    assert named(text) is None


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (["1.9.0", "1.10.0", "1.2.0"], "1.10.0"),
        (["2.0.0-rc.1", "2.0.0", "2.0.0-rc.2"], "2.0.0"),
        (["first", "second"], "second"),
    ],
)
def test_without_a_version_the_newest_is_meant(versions, newest):
    found = choose(entries("\n".join(map(line, versions))), "")
    assert found is not None
    assert found.version == newest


def test_what_its_author_took_back_is_taken_only_by_its_version():
    found = entries(line("1.0.0") + "\n" + line("2.0.0", yanked=True))
    newest, asked = choose(found, ""), choose(found, "2.0.0")
    assert newest is not None
    assert newest.version == "1.0.0"
    assert asked is not None
    assert asked.yanked
    assert choose(found[1:], "") is None


@pytest.mark.parametrize(
    "wrong",
    ["", "{", "[]", "null", "[" * 100_000, '{"version": 1, "addr": "x"}', line("9.0.0", addr="host.example/p:latest")],
)
def test_a_line_that_names_no_image_by_its_digest_is_no_version(wrong):
    assert [entry.version for entry in entries(f"{wrong}\n{line('1.0.0')}\n")] == ["1.0.0"]
