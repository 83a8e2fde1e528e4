"""Whatever a tree holds: it packs, other tools read it, and what is unpacked packs to the same bytes again."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from slugc.slug.contents import members
from slugc.slug.headers import FILE, FOLDER, LINK, HeaderWriter
from slugc.slug.members import HeaderReader
from slugc.slug.reading import read_manifest
from slugc.slug.unpack import unpack

_NAMES = st.one_of(
    st.sampled_from(
        [b"a", b"b", b"vendor", b"x.py", b"x.pyc", b"__pycache__", b"-rf", b" ", b"new\nline", b"\\", b"*"]
    ),
    st.binary(min_size=1, max_size=12),
    st.text(min_size=1, max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.integers(90, 255).map(lambda length: b"n" * length),
).filter(lambda name: b"/" not in name and b"\0" not in name and name not in {b".", b".."} and len(name) <= 255)
_PATHS = st.lists(_NAMES, min_size=1, max_size=5).map(b"/".join)
_ITEMS = st.tuples(
    _PATHS,
    st.one_of(
        st.tuples(st.just("file"), st.binary(max_size=2000)),
        st.tuples(st.just("program"), st.binary(max_size=50)),
        st.tuples(st.just("folder"), st.just(b"")),
        st.tuples(st.just("link"), st.binary(min_size=1, max_size=200).filter(lambda link: b"\0" not in link)),
        st.tuples(st.just("hard link"), st.just(b"")),
        st.tuples(st.just("sparse"), st.just(b"")),
    ),
)


def _plant(root: bytes, items: list[tuple[bytes, tuple[str, bytes]]]) -> None:
    """Make what fits; names that collide with earlier ones are skipped."""
    app = os.path.join(root, b"app")
    os.mkdir(app)
    earlier: bytes | None = None
    for path, (kind, content) in items:
        target = os.path.join(app, path)
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.lexists(target):
                continue
            if kind == "folder":
                os.mkdir(target, 0o700)
            elif kind == "link":
                os.symlink(content, target)
            elif kind == "hard link":
                if earlier is not None:
                    os.link(earlier, target, follow_symlinks=False)
            else:
                with open(target, "wb") as file:
                    file.write(content)
                    if kind == "sparse":
                        file.truncate(3 << 20)
                os.chmod(target, 0o711 if kind == "program" else 0o600)
                earlier = target


def _listed(tool: str, slug: Path) -> list[bytes]:
    """Names as a tool lists them, undecorated: GNU tar quotes nothing with --quoting-style=literal."""
    if tool == "tar":
        argv = ["tar", "--zstd", "--quoting-style=literal", "--null", "-tf", str(slug)]
        done = subprocess.run(argv, capture_output=True, check=True)
        return done.stdout.split(b"\n")
    with subprocess.Popen(["zstd", "-dcq", str(slug)], stdout=subprocess.PIPE) as plain:
        done = subprocess.run(["bsdtar", "-tf", "-"], stdin=plain.stdout, capture_output=True, check=True)
    return done.stdout.split(b"\n")


@pytest.mark.needs("zstd")
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_ITEMS, max_size=12))
@example([(b"/".join([b"d" * 60] * 5), ("file", b"300 bytes of path"))])
@example([(b"\xff" * 120, ("file", b"no UTF-8")), (b"l", ("link", b"\xfe" * 150))])
@example([(b"one", ("file", b"x")), (b"two", ("hard link", b""))])
@example([(b"hole", ("sparse", b"begin")), (b"empty", ("folder", b""))])
def test_any_tree_comes_back(packed, items):
    folder = tempfile.mkdtemp()
    try:
        _plant(os.fsencode(folder), items)
        slug = packed(Path(folder))
        assert read_manifest(slug.path) == slug
        assert len(_listed("tar", slug.path)) >= 2 + sum(1 for _ in members(slug))
        unpack(slug, Path(folder) / "again")
        assert packed(Path(folder) / "again").path.read_bytes() == slug.path.read_bytes()
        found = sorted(listed.path for listed in members(slug))
        expected = [b"app"]
        for parent, names, files in os.walk(os.fsencode(folder) + b"/app"):
            expected += [os.path.relpath(os.path.join(parent, name), os.fsencode(folder)) for name in (*names, *files)]
        assert found == sorted(expected)
    finally:
        shutil.rmtree(folder)


@pytest.mark.needs("zstd", "bsdtar")
@pytest.mark.parametrize("tool", ["tar", "bsdtar"])
def test_other_tools_list_the_same_names(tree, packed, tool):
    (tree / "app" / ("deep/" * 30)).mkdir(parents=True)
    (tree / "app" / ("deep/" * 30) / ("n" * 200)).write_bytes(b"x")
    slug = packed(tree)
    names = [b"./" + listed.path + (b"/" if listed.kind == "folder" else b"") for listed in members(slug)]
    assert _listed(tool, slug.path) == [b"./slug.json", *names, b""]


@pytest.mark.needs("zstd")
def test_gnu_tar_extracts_what_slugc_unpacks(tree, packed, tmp_path, listing):
    slug = packed(tree)
    (tmp_path / "theirs").mkdir()
    argv = [
        "tar",
        "--zstd",
        "--no-same-owner",
        "-xpf",
        str(slug.path),
        "-C",
        str(tmp_path / "theirs"),
        "--exclude=./slug.json",
    ]
    subprocess.run(argv, check=True)
    unpack(slug, tmp_path / "ours")
    assert listing(tmp_path / "theirs") == listing(tmp_path / "ours")


_ANY_PATH = st.lists(st.binary(min_size=1, max_size=300).filter(lambda n: not {0, 47} & set(n)), min_size=1, max_size=9)


@settings(deadline=None)
@given(_ANY_PATH, st.sampled_from([FILE, FOLDER, LINK]), st.integers(0, 1 << 50), st.booleans())
@example([b"x"], FILE, 8 << 30, False)
@example([b"x"], FILE, (8 << 30) - 1, True)
def test_a_header_is_read_back_as_it_was_written(parts, kind, size, executable):
    parts = [part[:255] for part in parts if part not in {b".", b".."}] or [b"x"]
    path = b"app/" + b"/".join(parts)
    if len(path) > 3000:
        path = path[:250]
    path = path.rstrip(b"/")
    if path.split(b"/")[-1] in {b".", b".."} or path == b"app":
        path = b"app/x"
    size = size if kind == FILE else 0
    mode = 0o755 if executable or kind != FILE else 0o644
    link = path if kind == LINK else b""
    name = b"./" + path + (b"/" if kind == FOLDER else b"")
    header = HeaderWriter(1_700_000_000)(name, kind, 0o777 if kind == LINK else mode, size, link)
    assert len(header) % 512 == 0
    member, end = HeaderReader("test").read(memoryview(header), 0)
    assert end == len(header)
    assert member == (path, kind, mode, size, link)
