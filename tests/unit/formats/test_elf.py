"""ELF files: facts of a hand-made one, and no damage that stops the reader."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugc.formats.elf import ElfFile, parse

STRINGS = b"\0libc.so.6\0GLIBC_2.34\0libz.so.1\0libme.so.2\0$ORIGIN/../lib:/opt\0ME_1.0\0GLIBC_2.4\0"


def at(text: bytes) -> int:
    return STRINGS.index(text + b"\0")


def library() -> bytes:
    """A 64-bit x86 library of one segment: dynamic section, strings, and both version tables."""
    dynamic_at, strings_at, needs_at, offers_at = 0x200, 0x400, 0x600, 0x700
    dynamic = [
        (1, at(b"libc.so.6")),
        (1, at(b"libz.so.1")),
        (14, at(b"libme.so.2")),
        (29, at(b"$ORIGIN/../lib:/opt")),
        (5, strings_at),
        (0x6FFFFFFE, needs_at),
        (0x6FFFFFFF, 1),
        (0x6FFFFFFC, offers_at),
        (0x6FFFFFFD, 1),
        (0, 0),
    ]
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 3, 0x3E, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 0x800, 0x800, 0x1000)
    section = struct.pack("<IIQQQQQQ", 2, 6, dynamic_at, dynamic_at, 0, 16 * len(dynamic), 0, 8)
    needs = struct.pack("<HHIII", 1, 2, at(b"libc.so.6"), 16, 0)
    needs += struct.pack("<IHHII", 0, 0, 2, at(b"GLIBC_2.34"), 16) + struct.pack("<IHHII", 0, 0, 3, at(b"GLIBC_2.4"), 0)
    offers = struct.pack("<HHHHIII", 1, 0, 1, 1, 0, 20, 0) + struct.pack("<II", at(b"ME_1.0"), 0)
    image = bytearray(0x800)
    for place, piece in (
        (0, ident + header + load + section),
        (dynamic_at, b"".join(struct.pack("<QQ", *entry) for entry in dynamic)),
        (strings_at, STRINGS),
        (needs_at, needs),
        (offers_at, offers),
    ):
        image[place : place + len(piece)] = piece
    return bytes(image)


def test_a_librarys_needs_and_offers_are_read() -> None:
    found = parse(library())
    assert found == ElfFile(
        machine="x86_64",
        needed=("libc.so.6", "libz.so.1"),
        soname="libme.so.2",
        run_paths=("$ORIGIN/../lib", "/opt"),
        versions=(("libc.so.6", "GLIBC_2.34"), ("libc.so.6", "GLIBC_2.4")),
        offers=("ME_1.0",),
    )
    assert found.glibc == (2, 34)


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\x02\x01" + bytes(20)], ids=repr)
def test_what_is_no_elf_file_gives_nothing(data: bytes) -> None:
    assert parse(data) is None


@given(st.integers(0, 0x7FF), st.binary(min_size=1, max_size=64), st.integers(0, 0x800))
def test_a_damaged_file_is_an_answer_and_never_an_error(place: int, damage: bytes, length: int) -> None:
    image = bytearray(library())
    image[place : place + len(damage)] = damage
    found = parse(bytes(image[:length]))
    assert found is None or isinstance(found, ElfFile)


def test_a_real_program_names_its_loader_and_libc() -> None:
    shell = Path("/bin/sh").resolve()
    found = parse(shell.read_bytes())
    if found is None or not found.needed:
        pytest.skip("the shell here is linked statically, or for another kind of system")
    assert "ld-" in found.interpreter
    assert any(name.startswith("libc.") for name in found.needed)
