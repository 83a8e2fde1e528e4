"""Packing: the same bytes for the same tree, whoever packs it and where."""

import os
import socket
from pathlib import Path

from slugc.events import SlugPacked, Warned
from slugc.slug.reading import read_manifest
from slugc.slug.unpack import unpack


def test_two_copies_of_a_tree_give_the_same_bytes(tree, packed, tmp_path):
    other = tmp_path / "elsewhere" / "deeper"
    other.mkdir(parents=True)
    unpack(packed(tree), other / "tree")
    assert packed(tree).path.read_bytes() == packed(other / "tree").path.read_bytes()


def test_the_number_of_workers_does_not_show(tree, packed):
    for number in range(30):
        (tree / "app" / f"file{number}").write_bytes(os.urandom(300_000))
    (tree / "app" / "large").write_bytes(os.urandom(1 << 20) * 18)
    slugs = [packed(tree, workers=count) for count in (1, 2, 3)]
    assert len(slugs[0].manifest.layers[1].frames) > 4
    assert len({slug.path.read_bytes() for slug in slugs}) == 1


def test_the_manifest_is_read_back_as_it_was_written(tree, packed):
    slug = packed(tree)
    assert read_manifest(slug.path) == slug
    assert [layer.name for layer in slug.manifest.layers] == ["packages", "app"]


def test_what_is_unpacked_packs_to_the_same_bytes(tree, packed, tmp_path, listing):
    slug = packed(tree)
    unpack(slug, tmp_path / "unpacked")
    assert packed(tmp_path / "unpacked").path.read_bytes() == slug.path.read_bytes()
    unpack(slug, tmp_path / "again")
    assert listing(tmp_path / "again") == listing(tmp_path / "unpacked")


def test_unchanged_frames_are_copied_from_the_previous_slug(tree, packed):
    for number in range(40):
        (tree / "app" / "vendor" / f"file{number:02}").write_bytes(os.urandom(400_000))
    before = packed(tree)
    (tree / "app" / "Procfile").write_bytes(b"web: ./server --fast\n")
    events = []
    rebuilt = packed(tree, previous=before, emit=events.append)
    report = next(event for event in events if isinstance(event, SlugPacked))
    assert report.frames - report.frames_reused == 1
    assert rebuilt.path.read_bytes() == packed(tree).path.read_bytes()


def test_a_damaged_frame_of_the_previous_slug_is_made_anew(tree, packed):
    for number in range(20):
        (tree / "app" / "vendor" / f"file{number:02}").write_bytes(os.urandom(400_000))
    before = packed(tree)
    sound = before.path.read_bytes()
    frame = before.manifest.layers[-1].frames[0]
    with before.path.open("r+b") as file:
        file.seek(before.frames_at + frame.offset + frame.size // 2)
        file.write(bytes([sound[file.tell()] ^ 1]))
    events = []
    assert packed(tree, previous=before, emit=events.append).path.read_bytes() == sound
    report = next(event for event in events if isinstance(event, SlugPacked))
    assert report.frames - report.frames_reused == 1


def test_frames_of_another_level_are_not_copied(tree, packed):
    events = []
    packed(tree, previous=packed(tree, level=1), level=3, emit=events.append)
    assert next(event for event in events if isinstance(event, SlugPacked)).frames_reused == 0


def test_sockets_and_pipes_are_left_out_with_a_warning(tree, packed, tmp_path):
    os.mkfifo(tree / "app" / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tree / "app")
        try:
            server.bind("sock")
        finally:
            os.chdir(here)
    events = []
    slug = packed(tree, emit=events.append)
    told = sorted(event.text for event in events if isinstance(event, Warned))
    assert told == [
        "app/pipe is a named pipe: it is left out of the slug",
        "app/sock is a socket: it is left out of the slug",
    ]
    unpack(slug, tmp_path / "unpacked")
    assert not (tmp_path / "unpacked" / "app" / "pipe").exists()


def test_an_absolute_link_stays_as_it_is(tree, packed, tmp_path):
    unpack(packed(tree), tmp_path / "unpacked")
    assert (tmp_path / "unpacked" / "app" / "absolute").readlink() == Path("/etc/hostname")


def test_packing_leaves_no_descriptor_open(tree, packed):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        packed(tree)
    assert len(os.listdir("/proc/self/fd")) == before
