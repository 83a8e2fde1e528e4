"""What a compiled file needs: shared libraries, where it looks for them, and the newest glibc symbol version.

Reads the file itself (ELF64, little-endian): ldd runs foreign code, and readelf need not be in a stack.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack import trees

_NEEDED, _STRTAB, _SONAME, _RPATH, _RUNPATH = 1, 5, 14, 15, 29
_VERNEED, _VERNEEDNUM = 0x6FFFFFFE, 0x6FFFFFFF
_LOAD, _DYNAMIC = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    libraries: tuple[str, ...]
    glibc: tuple[int, ...]
    """The newest GLIBC_x.y it names; () where none."""
    runpath: str = ""
    soname: str = ""


def is_elf(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as opened:
        return opened.read(5) == b"\x7fELF\x02"


def needs(path: Path) -> Needs | None:
    """None for what is no dynamic ELF64 file, or a broken one."""
    if not is_elf(path):
        return None
    try:
        return _read(path.read_bytes())
    except (struct.error, IndexError, ValueError):
        return None


def unmet(root: Path, *, glibc: str, folders: tuple[Path, ...]) -> list[str]:
    """What the files under `root` need and neither `root` nor the library folders of the stack have.

    Each item is a sentence for a person: `lib/python3.12/lib-dynload/_ssl.so needs libssl.so.3`.
    """
    files = [path for path in trees.walk(root) if is_elf(path)]
    own = {path.name for path in trees.walk(root) if ".so" in path.name}
    limit = tuple(int(part) for part in glibc.split(".") if part.isdigit())
    found = []
    for path in files:
        wanted = needs(path)
        if wanted is None:
            continue
        name = path.relative_to(root)
        found += [
            f"{name} needs {library}"
            for library in wanted.libraries
            if library not in own and not any((folder / library).exists() for folder in folders)
        ]
        if limit and wanted.glibc > limit:
            found.append(f"{name} needs glibc {'.'.join(map(str, wanted.glibc))}, this stack has {glibc}")
    return found


def stack_folders(multiarch: str) -> tuple[Path, ...]:
    """Where the dynamic linker of a Debian or Ubuntu stack looks."""
    names = (f"/lib/{multiarch}", f"/usr/lib/{multiarch}", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")
    return tuple(Path(name) for name in names)


def _read(data: bytes) -> Needs | None:
    if data[5] != 1:
        return None
    (phoff,) = struct.unpack_from("<Q", data, 32)
    entry_size, count = struct.unpack_from("<HH", data, 54)
    loads: list[tuple[int, int, int]] = []
    dynamic: tuple[int, int] | None = None
    for index in range(count):
        kind, _, offset, address, _, size = struct.unpack_from("<IIQQQQ", data, phoff + index * entry_size)
        if kind == _LOAD:
            loads.append((address, offset, size))
        elif kind == _DYNAMIC:
            dynamic = (offset, size)
    if dynamic is None:
        return None
    entries = list(struct.iter_unpack("<QQ", data[dynamic[0] : dynamic[0] + dynamic[1] // 16 * 16]))
    values: dict[int, int] = dict(reversed(entries))

    def file_offset(address: int) -> int:
        return next(offset + address - start for start, offset, size in loads if start <= address < start + size)

    strings = file_offset(values[_STRTAB])

    def string(at: int) -> str:
        return data[strings + at : data.index(b"\0", strings + at)].decode("utf-8", "replace")

    versions: list[tuple[int, ...]] = []
    runpath = values.get(_RUNPATH, values.get(_RPATH))
    if _VERNEED in values:
        versions = _needed_versions(data, file_offset(values[_VERNEED]), values.get(_VERNEEDNUM, 0), string)
    return Needs(
        libraries=tuple(string(value) for tag, value in entries if tag == _NEEDED),
        glibc=max(versions, default=()),
        runpath=string(runpath) if runpath is not None else "",
        soname=string(values[_SONAME]) if _SONAME in values else "",
    )


def _needed_versions(data: bytes, at: int, count: int, string: Callable[[int], str]) -> list[tuple[int, ...]]:
    """The GLIBC_ versions of the verneed table; GLIBC_PRIVATE and GLIBC_ABI marks are no versions."""
    found = []
    for _ in range(count):
        _, auxiliaries, _, aux, following = struct.unpack_from("<HHIII", data, at)
        here = at + aux
        for _ in range(auxiliaries):
            _, _, _, name, step = struct.unpack_from("<IHHII", data, here)
            prefix, _, version = string(name).partition("_")
            if prefix == "GLIBC" and version[:1].isdigit():
                found.append(tuple(int(part) for part in version.split(".")))
            here += step
        at += following
    return found
