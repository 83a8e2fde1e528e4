"""A slug against a stack it was not built for."""

from dataclasses import replace
from pathlib import Path

import pytest

from slugc.errors.stack import StackUnfit
from slugc.formats.elf import ElfFile
from slugc.model.slug import StackRecord
from slugc.stack import compatible
from slugc.stack.compatible import missing, same
from slugc.stack.value import Stack

PROGRAM = ElfFile(
    machine="x86_64",
    needed=("libc.so.6", "libssl.so.3", "libmine.so.1"),
    versions=(("libc.so.6", "GLIBC_2.38"), ("libssl.so.3", "OPENSSL_3.0.0")),
)
MINE = ElfFile(machine="x86_64", soname="libmine.so.1")
FILES = {"app/bin/x": PROGRAM, "app/lib/libmine.so.1.0": MINE}
HOST = StackRecord(name="host", distro="debian", distro_version="12", glibc="2.36")


def test_a_stack_with_everything_lacks_nothing() -> None:
    offered = {"libc.so.6": frozenset({"GLIBC_2.38"}), "libssl.so.3": frozenset({"OPENSSL_3.0.0"})}
    assert missing(FILES, offered, machine="x86_64") == []


def test_a_library_that_is_not_there_is_named_with_the_file_that_needs_it() -> None:
    (lack,) = missing(FILES, {"libc.so.6": frozenset({"GLIBC_2.38"})}, machine="x86_64")
    assert lack.text == "libssl.so.3, needed by app/bin/x"


def test_a_glibc_that_is_too_old_is_named_by_the_version_it_lacks() -> None:
    offered = {"libc.so.6": frozenset({"GLIBC_2.36"}), "libssl.so.3": frozenset({"OPENSSL_3.0.0"})}
    (lack,) = missing(FILES, offered, machine="x86_64")
    assert lack.text == "libc.so.6 with GLIBC_2.38, needed by app/bin/x"


def test_a_slug_for_another_machine_says_so_and_nothing_else() -> None:
    (lack,) = missing(FILES, {}, machine="aarch64")
    assert lack.text == "a x86_64 machine, needed by app/bin/x"


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        pytest.param(HOST, True, id="the-same-system"),
        pytest.param(replace(HOST, glibc="2.38"), False, id="another-glibc"),
        pytest.param(replace(HOST, digest="abc"), False, id="a-made-stack"),
    ],
)
def test_what_counts_as_the_same_stack(other: StackRecord, verdict: bool) -> None:
    assert same(HOST, other) is verdict
    assert same(replace(HOST, digest="abc", name="a"), replace(HOST, digest="abc", name="b"))


def test_the_refusal_names_both_stacks_and_what_is_lacking(tmp_path: Path) -> None:
    tree, root = tmp_path / "tree", tmp_path / "root"
    (tree / "app").mkdir(parents=True)
    root.mkdir()
    shell = Path("/bin/sh").resolve()
    (tree / "app/sh").write_bytes(shell.read_bytes())
    bare = Stack(name="bare", record=StackRecord(name="bare", digest="d"), run=(), build=(), root=root)
    with pytest.raises(StackUnfit) as caught:
        compatible.check(HOST, bare, tree)
    assert any("libc.so.6" in lack and "app/sh" in lack for lack in caught.value.lacks)
    assert "--stack host" in caught.value.hint
    compatible.check(bare.record, bare, tree)
