"""A .pyc that was valid stays valid under the slug's own time, and one that was not stays invalid."""

import compileall
import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from slugc.slug import pyc
from slugc.slug.unpack import unpack

MTIME = 1_700_000_000


@pytest.fixture
def module(tmp_path: Path) -> Path:
    source = tmp_path / "tree" / "app" / "mod.py"
    source.parent.mkdir(parents=True)
    source.write_text("value = 1\n")
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    return source


@pytest.fixture
def here(module: Path) -> dict[bytes, os.stat_result]:
    os.utime(module, (513, 513))
    return {b"mod.py": module.stat()}


FOUND = bytes([1, 2, 0, 0, 10, 0, 0, 0])


def test_bytecode_in_its_own_folder_finds_its_source_beside_that(here):
    sources = pyc.Sources({}, above=here)
    assert sources.of(b"mod.cpython-311.pyc") == FOUND
    assert sources.of(b"mod.cpython-311.opt-2.pyc") == FOUND
    assert sources.of(b"other.cpython-311.pyc") is None


def test_bytecode_in_its_sources_place_finds_it_there(here):
    assert pyc.Sources(here).of(b"mod.pyc") == FOUND
    assert pyc.Sources(here).of(b"other.pyc") is None
    assert pyc.Sources(here, above={}).of(b"mod.pyc") is None


def test_a_link_or_a_folder_with_such_a_name_is_no_source(tmp_path):
    (tmp_path / "link.py").symlink_to("elsewhere.py")
    (tmp_path / "folder.py").mkdir()
    members = [(os.fsencode(path.name), path.lstat()) for path in tmp_path.iterdir()]
    assert pyc.Sources.among(members, None).own == {}


def test_only_a_folder_for_bytecode_has_its_sources_beside_it(here):
    assert pyc.Sources(here).within(b"__pycache__") == here
    assert pyc.Sources(here).within(b"pkg") is None


def _boot(root: Path) -> tuple[str, bool]:
    """The value that Python imports, and whether it wrote the module's bytecode anew."""
    cached = next((root / "app" / "__pycache__").iterdir())
    before = cached.read_bytes(), cached.stat().st_ino, cached.stat().st_mtime_ns
    code = "import sys; sys.path.insert(0, sys.argv[1]); import mod; print(mod.value)"
    argv = [sys.executable, "-c", code, str(root / "app")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env={"PATH": os.defpath})
    return done.stdout.strip(), before != (cached.read_bytes(), cached.stat().st_ino, cached.stat().st_mtime_ns)


def test_no_bytecode_is_written_again_at_boot(module, packed, tmp_path):
    unpack(packed(module.parents[1]), tmp_path / "unpacked")
    assert _boot(tmp_path / "unpacked") == ("1", False)


def test_stale_bytecode_stays_stale(module, packed, tmp_path):
    module.write_text("value = 2\n")
    os.utime(module, (5, 5))
    unpack(packed(module.parents[1]), tmp_path / "unpacked")
    assert _boot(tmp_path / "unpacked") == ("2", True)


def test_stale_bytecode_stays_stale_when_its_time_is_the_slugs(module, packed, tmp_path):
    os.utime(module, (MTIME, MTIME))
    py_compile.compile(str(module), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    module.write_text("value = 3\n")
    unpack(packed(module.parents[1]), tmp_path / "unpacked")
    assert _boot(tmp_path / "unpacked") == ("3", True)


def test_the_times_of_two_installs_do_not_show(module, packed):
    first = packed(module.parents[1]).path.read_bytes()
    os.utime(module, (1_600_000_000, 1_600_000_000))
    py_compile.compile(str(module), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    assert packed(module.parents[1]).path.read_bytes() == first


def test_hash_based_bytecode_is_not_touched(module, packed, tmp_path):
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(str(module.parent), quiet=2, force=True, invalidation_mode=mode)
    cached = next((module.parent / "__pycache__").iterdir())
    unpack(packed(module.parents[1]), tmp_path / "unpacked")
    assert (tmp_path / "unpacked" / "app" / "__pycache__" / cached.name).read_bytes() == cached.read_bytes()


@pytest.mark.parametrize(
    "header",
    [
        b"short",
        b"\x03\xf3\r\n\0\0\0\0c\0\0\0\0\0\0\0",
        b"\x2f\x0d\r\n\0\0\0\0AAAABBBB",
        b"\xa7\x0d\r\n\1\0\0\0AAAABBBB",
        b"\xa7\x0dxx\0\0\0\0AAAABBBB",
    ],
    ids=["too short", "Python 2.7", "Python 3.6", "hash-based", "no bytecode"],
)
def test_other_headers_are_left_alone(header):
    assert pyc.remembered_time(header, path=b"app/a.pyc", source=bytes(8), mtime=2) is None
