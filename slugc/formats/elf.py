"""ELF: what a program or library needs of the system's libraries, and what it offers. Pure; bytes in, a value out.

Only the dynamic section and what it points at are read (System V gABI; version tables as the GNU tools write
them). A damaged file gives None, never an error: a slug may hold anything.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\x7fELF"
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED, DT_STRTAB, DT_SONAME, DT_RPATH, DT_RUNPATH = 1, 5, 14, 15, 29
DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM = 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
VER_FLG_WEAK = 2
MACHINES = {0x3E: "x86_64", 0xB7: "aarch64", 0x03: "i686", 0x28: "armv7l", 0xF3: "riscv64", 0x15: "ppc64le"}
MOST = 1024
"""Entries of one table that are read: a damaged chain must end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElfFile:
    machine: str
    """As uname says it: `x86_64`, `aarch64`."""
    needed: tuple[str, ...] = ()
    """DT_NEEDED: sonames, in order."""
    soname: str = ""
    run_paths: tuple[str, ...] = ()
    """RUNPATH or RPATH, split at colons, `$ORIGIN` left as it stands."""
    interpreter: str = ""
    """The dynamic loader a program asks for."""
    versions: tuple[tuple[str, str], ...] = ()
    """(soname, version) of every symbol version that must be there, e.g. ("libc.so.6", "GLIBC_2.34")."""
    offers: tuple[str, ...] = ()
    """Symbol versions that this library defines."""

    @property
    def glibc(self) -> tuple[int, ...]:
        """The newest glibc that its symbols ask for; () where none."""
        numbers = [_numbers(v) for _, v in self.versions if v.startswith("GLIBC_") and v[6:7].isdigit()]
        return max(numbers, default=())


@dataclass(frozen=True, slots=True)
class _Layout:
    """How this file writes its numbers: byte order, and the two word sizes."""

    order: str
    wide: bool

    def unpack(self, format_: str, data: memoryview, at: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + format_, data, at)


def parse(data: bytes | memoryview) -> ElfFile | None:
    """The dynamic facts of an ELF file; None for anything else and for damaged ones."""
    view = memoryview(data)
    if bytes(view[:4]) != MAGIC:
        return None
    try:
        return _parse(view)
    except (struct.error, IndexError, UnicodeDecodeError, KeyError, OverflowError):
        return None


def _parse(view: memoryview) -> ElfFile | None:
    layout = _Layout(order="<" if view[5] == 1 else ">", wide=view[4] == 2)
    (machine,) = layout.unpack("H", view, 18)
    headers = list(_program_headers(view, layout))
    loads = [(address, offset, size) for kind, offset, address, size in headers if kind == PT_LOAD]
    name = MACHINES.get(machine, str(machine))
    interpreter = next((_text(view, at) for kind, at, _, _ in headers if kind == PT_INTERP), "")
    dynamic = next(((at, size) for kind, at, _, size in headers if kind == PT_DYNAMIC), None)
    if dynamic is None:
        return ElfFile(machine=name, interpreter=interpreter)
    entries = list(_dynamic(view, layout, *dynamic))
    table = dict(entries)
    strings = _offset(loads, table[DT_STRTAB])

    def words(*kinds: int) -> tuple[str, ...]:
        return tuple(_text(view, strings + value) for kind, value in entries if kind in kinds)

    needs: tuple[tuple[str, str], ...] = ()
    offers: tuple[str, ...] = ()
    if DT_VERNEED in table:
        start = _offset(loads, table[DT_VERNEED])
        needs = tuple(_version_needs(view, layout, start, strings, table.get(DT_VERNEEDNUM, 0)))
    if DT_VERDEF in table:
        start = _offset(loads, table[DT_VERDEF])
        offers = tuple(_version_offers(view, layout, start, strings, table.get(DT_VERDEFNUM, 0)))
    return ElfFile(
        machine=name,
        needed=words(DT_NEEDED),
        soname="".join(words(DT_SONAME)),
        run_paths=tuple(path for text in words(DT_RUNPATH, DT_RPATH) for path in text.split(":") if path),
        interpreter=interpreter,
        versions=needs,
        offers=offers,
    )


def _program_headers(view: memoryview, layout: _Layout) -> Iterator[tuple[int, int, int, int]]:
    """(type, file offset, virtual address, size in the file) of each segment."""
    if layout.wide:
        (start,) = layout.unpack("Q", view, 32)
        size, count = layout.unpack("HH", view, 54)
        for n in range(min(count, MOST)):
            kind, _, offset, address, _, length = layout.unpack("IIQQQQ", view, start + n * size)
            yield kind, offset, address, length
    else:
        (start,) = layout.unpack("I", view, 28)
        size, count = layout.unpack("HH", view, 42)
        for n in range(min(count, MOST)):
            kind, offset, address, _, length = layout.unpack("IIIII", view, start + n * size)
            yield kind, offset, address, length


def _dynamic(view: memoryview, layout: _Layout, start: int, size: int) -> Iterator[tuple[int, int]]:
    step, format_ = (16, "QQ") if layout.wide else (8, "II")
    for at in range(start, start + min(size, MOST * step), step):
        tag, value = layout.unpack(format_, view, at)
        if tag == 0:
            return
        yield tag, value


def _version_needs(view: memoryview, layout: _Layout, at: int, strings: int, count: int) -> Iterator[tuple[str, str]]:
    """A chain of Elf_Verneed (version, count, file, first, next), each with one of Elf_Vernaux."""
    for _ in range(min(count, MOST)):
        _, items, file, first, following = layout.unpack("HHIII", view, at)
        here = at + first
        for _ in range(min(items, MOST)):
            _, flags, _, name, step = layout.unpack("IHHII", view, here)
            if not flags & VER_FLG_WEAK:
                yield _text(view, strings + file), _text(view, strings + name)
            if not step:
                break
            here += step
        if not following:
            break
        at += following


def _version_offers(view: memoryview, layout: _Layout, at: int, strings: int, count: int) -> Iterator[str]:
    """Elf_Verdef (version, flags, index, aux count, hash, first aux, next); the first aux holds the name."""
    for _ in range(min(count, MOST)):
        _, _, _, _, _, first, following = layout.unpack("HHHHIII", view, at)
        (name,) = layout.unpack("I", view, at + first)
        yield _text(view, strings + name)
        at += following


def _offset(loads: list[tuple[int, int, int]], address: int) -> int:
    """Where in the file a virtual address lies."""
    for start, offset, size in loads:
        if start <= address < start + size:
            return address - start + offset
    raise KeyError(address)


def _text(view: memoryview, at: int) -> str:
    """A string that ends with a zero byte; names of libraries are short."""
    piece = bytes(view[at : at + 1024])
    return piece[: piece.index(b"\0")].decode() if b"\0" in piece else piece.decode()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("GLIBC_").split(".") if part.isdigit())
