"""A small tree and the calls that pack it, for tests of the slug file."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from slugc.model.slug import LayerKind, Slug, SlugManifest, SourceRecord, StackRecord
from slugc.slug.layout import LayerPlan
from slugc.slug.pack import pack

MTIME = 1_700_000_000
LAYERS = (
    LayerPlan(name="app", owner="source", kind=LayerKind.APP),
    LayerPlan(name="packages", owner="test/packages", kind=LayerKind.DEPENDENCIES),
)


def manifest(mtime: int = MTIME) -> SlugManifest:
    return SlugManifest(
        digest="",
        stack=StackRecord(name="host"),
        isolation="none",
        source=SourceRecord(kind="folder", digest="0" * 64),
        buildpacks=(),
        process_types=(),
        mtime=mtime,
    )


def layer_of(path: bytes) -> int:
    return 1 if path.startswith(b"app/vendor") else 0


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    vendor = root / "app" / "vendor"
    vendor.mkdir(parents=True)
    (root / "app" / "Procfile").write_bytes(b"web: ./server\n")
    server = root / "app" / "server"
    server.write_bytes(b"#!/bin/sh\nexit 0\n")
    server.chmod(0o700)
    (vendor / "lib.txt").write_bytes(b"library " * 1000)
    (root / "app" / "current").symlink_to("vendor/lib.txt")
    (root / "app" / "absolute").symlink_to("/etc/hostname")
    (root / "app" / "empty").mkdir()
    return root


@pytest.fixture
def packed(tmp_path: Path) -> Callable[..., Slug]:
    """pack() with the test's manifest and layers; `out` is a new file each time."""
    count = 0

    def call(tree: Path, **options: object) -> Slug:
        nonlocal count
        count += 1
        arguments: dict[str, object] = {
            "manifest": manifest(),
            "layers": LAYERS,
            "layer_of": layer_of,
            "out": tmp_path / f"{count}.slug",
        }
        return pack(tree, **(arguments | options))  # type: ignore[arg-type]

    return call


@pytest.fixture
def listing() -> Callable[[Path], list[tuple[object, ...]]]:
    """All that a slug keeps of a tree: names, kinds, modes, times, link targets and contents."""

    def call(root: Path) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for folder, names, files in os.walk(os.fsencode(root)):
            for name in (*names, *files):
                path = os.path.join(folder, name)
                facts = os.lstat(path)
                content: bytes = b""
                if os.path.islink(path):
                    content = os.readlink(path)
                elif os.path.isfile(path):
                    with open(path, "rb") as file:
                        content = file.read()
                found.append(
                    (os.path.relpath(path, os.fsencode(root)), oct(facts.st_mode), int(facts.st_mtime), content)
                )
        return sorted(found)

    return call
