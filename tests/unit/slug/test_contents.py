"""Looking into slugs: one file, two slugs side by side, and the other platform's format."""

import gzip
import hashlib
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from slugc.errors.slug import MemberNotFound, NotExportable, SlugNotWritten
from slugc.model.buildpack import BuildpackRecord
from slugc.model.process import ProcessType
from slugc.model.slug import LayerKind, SlugManifest
from slugc.slug import contents
from slugc.slug.compare import changed_fields, compare
from slugc.slug.export import export_heroku, slug_create
from slugc.slug.layout import LayerPlan
from slugc.slug.verify import check_frames


def _cat(slug, path: bytes) -> bytes:
    parts: list[bytes] = []
    contents.cat(slug, path, lambda data: parts.append(bytes(data)))
    return b"".join(parts)


@pytest.fixture
def large(tree):
    for number in range(60):
        (tree / "app" / "vendor" / f"file{number:02}").write_bytes(os.urandom(200_000))
    (tree / "app" / "vendor" / "movie").write_bytes(os.urandom(1 << 20) * 17 + b"end")
    return tree


def test_every_file_is_found_through_its_frame(large, packed):
    slug = packed(large)
    assert len(slug.manifest.layers[0].frames) > 4
    for path in (large / "app").rglob("*"):
        if path.is_file() and not path.is_symlink():
            assert _cat(slug, os.fsencode(path.relative_to(large))) == path.read_bytes()


@pytest.mark.parametrize("spelled", [b"Procfile", b"app/Procfile", b"./app/Procfile", b"/app/Procfile"])
def test_a_file_is_named_as_one_likes(tree, packed, spelled):
    assert _cat(packed(tree), spelled) == b"web: ./server\n"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (b"nothing", "There is no such file in it"),
        (b"app/current", "It is a link to vendor/lib.txt"),
        (b"app/vendor", "It is a folder"),
        (b"layers/x", "There is no such file in it"),
    ],
)
def test_what_is_no_file_is_refused_with_the_reason(tree, packed, path, reason):
    with pytest.raises(MemberNotFound) as caught:
        _cat(packed(tree), path)
    assert caught.value.detail == f"{reason}."


def test_members_tell_who_made_them(tree, packed):
    owners = {listed.path: listed.owner for listed in contents.members(packed(tree))}
    assert owners[b"app/vendor/lib.txt"] == "test/packages"
    assert owners[b"app/Procfile"] == "source"


def _changed(tree: Path, change: str) -> str:
    vendor = tree / "app" / "vendor"
    match change:
        case "content":
            (vendor / "file30").write_bytes(b"x" * 200_000)
        case "size":
            (vendor / "file30").write_bytes(b"x")
        case "mode":
            (vendor / "file30").chmod(0o755)
        case "link":
            (tree / "app" / "current").unlink()
            (tree / "app" / "current").symlink_to("elsewhere")
        case "kind":
            (vendor / "file30").unlink()
            (vendor / "file30").mkdir()
        case "missing":
            (vendor / "file30").unlink()
        case _:
            (vendor / "file30+").write_bytes(b"")
    return change


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ("content", b"app/vendor/file30", "Its 200000 bytes differ"),
        ("size", b"app/vendor/file30", "It has 200000 and 1 bytes"),
        ("mode", b"app/vendor/file30", "Its mode is 644 and 755"),
        ("link", b"app/current", "The link leads elsewhere"),
        ("kind", b"app/vendor/file30", "It is a file in one and a folder or link in the other"),
        ("missing", b"app/vendor/file30", "Only the first has it"),
        ("new", b"app/vendor/file30+", "Only the second has it"),
    ],
)
def test_the_first_difference_of_two_slugs_is_named_with_its_owner(large, packed, change, path, reason):
    first = packed(large)
    _changed(large, change)
    difference = compare(first, packed(large))
    assert difference is not None
    assert (difference.path, difference.reason) == (path, reason)
    assert difference.owner == ("source" if change == "link" else "test/packages")


def test_equal_slugs_have_no_difference(large, packed):
    assert compare(packed(large), packed(large)) is None


def test_a_change_of_the_manifest_alone_is_named(tree, packed):
    first = packed(tree)
    other = replace(first.manifest, digest="", layers=(), addons=("heroku-redis",))
    second = packed(tree, manifest=other)
    assert compare(first, second) is None
    assert changed_fields(first, second) == ["addons"]


def test_all_frames_are_checked(large, packed):
    slug = packed(large)
    assert check_frames(slug).frames == sum(len(layer.frames) for layer in slug.manifest.layers)


@pytest.fixture
def announced(tree, packed):
    manifest: SlugManifest = packed(tree).manifest
    pack = BuildpackRecord(
        id="slugc/python", version="1", api="classic", uri="builtin:python", digest="", name="Python"
    )
    process = ProcessType(name="web", command="./server --port $PORT", default=True)
    source = replace(manifest.source, commit="6db8ec6")
    manifest = replace(manifest, digest="", layers=(), buildpacks=(pack,), process_types=(process,), source=source)
    return packed(tree, manifest=manifest)


def test_an_exported_slug_holds_the_app_and_nothing_else(announced, tmp_path, listing, tree):
    exported = export_heroku(announced, tmp_path / "out", stack="heroku-24")
    assert exported.checksum == "SHA256:" + hashlib.sha256(exported.archive.read_bytes()).hexdigest()
    names = subprocess.run(["tar", "-tzf", exported.archive], capture_output=True, text=True, check=True).stdout
    assert all(name.startswith("./app/") for name in names.splitlines())
    (tmp_path / "theirs").mkdir()
    subprocess.run(["tar", "-xzf", exported.archive, "-C", tmp_path / "theirs"], check=True)
    assert [item[0] for item in listing(tmp_path / "theirs")] == [item[0] for item in listing(tree)]
    assert json.loads(exported.request.read_text()) == {
        "process_types": {"web": "./server --port $PORT"},
        "checksum": exported.checksum,
        "buildpack_provided_description": "Python",
        "commit": "6db8ec6",
        "stack": "heroku-24",
    }


def test_an_export_is_the_same_every_time(announced, tmp_path):
    first = export_heroku(announced, tmp_path / "a").archive.read_bytes()
    assert export_heroku(announced, tmp_path / "b").archive.read_bytes() == first
    assert gzip.decompress(first).endswith(bytes(1024))


def test_launch_layers_cannot_be_exported(tree, packed, tmp_path):
    (tree / "layers" / "bp").mkdir(parents=True)
    layers = (LayerPlan(name="bp", owner="example/bp", kind=LayerKind.LAUNCH),)
    slug = packed(tree, layers=layers, layer_of=lambda _: 0)
    with pytest.raises(NotExportable) as caught:
        export_heroku(slug, tmp_path / "out")
    assert "launch layers" in caught.value.detail
    assert not (tmp_path / "out").exists()


def test_an_export_to_a_place_that_refuses_names_the_place(tree, packed, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SlugNotWritten) as caught:
        export_heroku(packed(tree), tmp_path / "file" / "out")
    assert caught.value.path == str(tmp_path / "file" / "out")


def test_the_request_is_what_the_platforms_own_schema_asks_for(announced):
    """The vendor's schema is not part of this project: SLUGC_HEROKU_SCHEMA names a copy of it."""
    named = os.environ.get("SLUGC_HEROKU_SCHEMA", "")
    if not named or not Path(named).is_file():
        pytest.skip("SLUGC_HEROKU_SCHEMA does not name a copy of the Platform API's schema.json")
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = json.loads(Path(named).read_text())
    link = next(link for link in schema["definitions"]["slug"]["links"] if link["rel"] == "create")
    body = slug_create(announced, checksum="SHA256:" + "0" * 64, stack="heroku-24")
    validator = jsonschema.Draft4Validator(link["schema"] | {"definitions": schema["definitions"]})
    assert list(validator.iter_errors(json.loads(json.dumps(body)))) == []
