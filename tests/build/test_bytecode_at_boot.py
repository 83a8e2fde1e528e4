"""Clamped times must not make Python compile anew: the bytecode that a build made is the bytecode that boots."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

Slugc = Callable[..., "subprocess.CompletedProcess[str]"]
# Timestamps must be asked for: under SOURCE_DATE_EPOCH, which a build sets, compileall prefers hashes. uv and pip
# write timestamps all the same.
COMPILE = f'"{sys.executable}" -m compileall -q --invalidation-mode timestamp "$1/vendor"'
SCRIPTS = {
    "detect": "echo Bytecode",
    "compile": f'mkdir "$1/vendor"; cp "$1"/*.py "$1/vendor"; exec {COMPILE}',
}
# -v says of every module where it came from; the tree's own state is printed after the imports.
LOOK = """
import glob, os, sys
sys.path.insert(0, "vendor")
before = {name: (os.stat(name).st_mtime_ns, open(name, "rb").read()) for name in glob.glob("vendor/__pycache__/*")}
import first, second
after = {name: (os.stat(name).st_mtime_ns, open(name, "rb").read()) for name in glob.glob("vendor/__pycache__/*")}
print("modules", first.VALUE + second.VALUE, "bytecode", len(before), "same" if before == after else "rewritten")
"""


@pytest.fixture
def slugc(tmp_path: Path) -> Slugc:
    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        environ = {**os.environ, "SLUGC_HOME": str(tmp_path / "home")}
        argv = [sys.executable, "-m", "slugc", *words]
        return subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=300, check=True)

    return run


@pytest.mark.parametrize("unpacked", [False, True], ids=["the build's own tree", "the slug unpacked elsewhere"])
def test_no_bytecode_is_rewritten_or_ignored_when_a_slug_boots(slugc: Slugc, tmp_path: Path, unpacked: bool) -> None:
    pack, source, file = tmp_path / "pack" / "bin", tmp_path / "source", tmp_path / "app.slug"
    pack.mkdir(parents=True)
    source.mkdir()
    for name, text in SCRIPTS.items():
        (pack / name).write_text(f"#!/bin/sh\n{text}\n")
        (pack / name).chmod(0o755)
    for number, name in enumerate(("first", "second"), start=1):
        (source / f"{name}.py").write_text(f"VALUE = {number}\n")
    (source / "look.py").write_text(LOOK)
    slugc("build", str(source), "--buildpack", str(pack.parent), "--out", str(file), "--isolation", "none")
    if unpacked:
        (tmp_path / "home").rename(tmp_path / "other-machine")
    # Root may write everywhere: only an unchanged file shows that nobody wanted to write.
    done = slugc("run", "--isolation", "none", str(file), sys.executable, "-v", "look.py")
    assert done.stdout.split() == ["modules", "3", "bytecode", "3", "same"]
    for name in ("first", "second"):
        assert f"vendor/__pycache__/{name}.{sys.implementation.cache_tag}.pyc matches" in done.stderr
    assert "# wrote" not in done.stderr
    assert "stale" not in done.stderr
