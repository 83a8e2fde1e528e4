"""Slugs beyond the sizes that a tar header or a machine's memory were made for."""

import subprocess
from pathlib import Path

import pytest

from slugc.model.slug import LayerKind, Slug, SlugManifest, SourceRecord, StackRecord
from slugc.slug.layout import LayerPlan
from slugc.slug.pack import pack
from slugc.slug.unpack import unpack


@pytest.mark.slow
def test_a_sparse_file_of_8_gib_passes_and_stays_sparse(tmp_path):
    """8 GiB is the first size that a ustar header cannot say."""
    (tmp_path / "tree" / "app").mkdir(parents=True)
    with (tmp_path / "tree" / "app" / "hole").open("wb") as file:
        file.truncate(8 << 30)
        file.seek(5 << 30)
        file.write(b"an island")
    slug = _pack(tmp_path / "tree", tmp_path / "large.slug")
    listed = subprocess.run(["tar", "--zstd", "-tvf", slug.path], capture_output=True, check=True, text=True).stdout
    assert f" {8 << 30} " in listed
    unpack(slug, tmp_path / "again")
    hole = tmp_path / "again" / "app" / "hole"
    assert hole.stat().st_size == 8 << 30
    assert hole.stat().st_blocks * 512 < 64 << 20
    with hole.open("rb") as file:
        file.seek(5 << 30)
        assert file.read(10) == b"an island\0"


def _pack(tree: Path, out: Path) -> Slug:
    manifest = SlugManifest(
        digest="",
        stack=StackRecord(name="host"),
        isolation="none",
        source=SourceRecord(kind="folder", digest=""),
        buildpacks=(),
        process_types=(),
        mtime=1_700_000_000,
    )
    layers = (LayerPlan(name="app", owner="source", kind=LayerKind.APP),)
    return pack(tree, manifest=manifest, layers=layers, layer_of=lambda _: 0, out=out)
