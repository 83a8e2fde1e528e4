"""Archives that somebody made to do harm, or that a disk damaged: each is refused, and nothing outside changes."""

import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from blake3 import blake3

from slugc.errors.slug import (
    DigestMismatch,
    MalformedSlug,
    NotASlug,
    SlugFileError,
    SlugTooLarge,
    TruncatedSlug,
    UnsafePath,
    UnsupportedSchema,
)
from slugc.model.slug import Frame, LayerKind, SlugLayer, SlugManifest, SourceRecord, StackRecord
from slugc.slug import head
from slugc.slug.reading import read_manifest
from slugc.slug.unpack import Limits, unpack

BLOCK = 512


def member(name: str, data: bytes = b"", **fields: Any) -> bytes:
    """One tar member as tarfile writes it; `raw` fields override bytes of the header, checksum following."""
    raw = fields.pop("raw", {})
    info = tarfile.TarInfo("x")
    info.name = name
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    # tarfile strips a folder's trailing slash and adds its own; write the name exactly as given.
    if len(os.fsencode(name)) <= 100:
        header[:100] = os.fsencode(name).ljust(100, b"\0")
    for at, value in raw.items():
        header[at : at + len(value)] = value
    if not raw.get(148):
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + data + bytes(-len(data) % BLOCK)


def folder(name: str) -> bytes:
    return member(name, type=tarfile.DIRTYPE, mode=0o755)


def link(name: str, target: str) -> bytes:
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def pax(records: bytes, then: bytes) -> bytes:
    return member("././@PaxHeader", records, type=b"x") + then


def record(key: bytes, value: bytes) -> bytes:
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest + 2))
    return b"%d %s=%s\n" % (length, key, value)


APP = folder("./app/")
HELLO = member("./app/hello", b"hello")


@dataclass
class Forged:
    """A slug made by hand: consistent in all that is not overridden."""

    frames: list[bytes]
    """Tar bytes of each frame."""
    continued: tuple[int, ...] = ()
    files: int | None = None
    size: int | None = None
    compress: Callable[[bytes], bytes] = field(default=lambda data: zstandard.ZstdCompressor().compress(data))
    change: Callable[[SlugManifest], SlugManifest] = field(default=lambda manifest: manifest)
    reseal: bool = True
    """Compute the digests again after `change`: the forger is no fool."""
    tar_size: int | None = None

    def write(self, path: Path) -> Path:
        packed = [self.compress(data) for data in self.frames]
        frames, offset = [], 0
        for number, (data, plain) in enumerate(zip(packed, self.frames, strict=True)):
            frames.append(
                Frame(
                    offset=offset,
                    size=len(data),
                    tar_size=self.tar_size or len(plain),
                    digest=blake3(data).hexdigest(),
                    continued=number in self.continued,
                )
            )
            offset += len(data)
        members = list(_members(b"".join(self.frames)))
        layer = SlugLayer(
            name="app",
            owner="forger",
            kind=LayerKind.APP,
            digest=head.layer_digest(frames),
            files=self.files if self.files is not None else sum(kind != b"5" for kind, _ in members),
            size=self.size if self.size is not None else sum(size for _, size in members),
            frames=tuple(frames),
        )
        manifest = SlugManifest(
            digest="",
            stack=StackRecord(name="host"),
            isolation="none",
            source=SourceRecord(kind="folder", digest=""),
            buildpacks=(),
            process_types=(),
            layers=(layer,),
            mtime=1_700_000_000,
        )
        manifest = replace(manifest, digest=head.content_digest(manifest))
        manifest = self.change(manifest)
        if self.reseal:
            layers = tuple(replace(layer, digest=head.layer_digest(layer.frames)) for layer in manifest.layers)
            manifest = replace(manifest, layers=layers)
            manifest = replace(manifest, digest=head.content_digest(manifest))
        size = head.room(manifest, manifest.layers, len(frames))
        path.write_bytes(head.encode(manifest, size) + b"".join(packed) + head.END)
        return path


def _members(data: bytes):
    """(kind, size) of each member, as far as the bytes make sense: for honest counts."""
    at = 0
    while at + BLOCK <= len(data):
        kind = data[at + 156 : at + 157]
        digits = data[at + 124 : at + 135].rstrip(b"\0 ")
        size = int(digits, 8) if digits.isdigit() else 0
        if kind not in {b"x", b"g"}:
            yield kind, size
        at += BLOCK + size + -size % BLOCK


@pytest.fixture
def attempt(tmp_path: Path) -> Callable[..., None]:
    """Unpack a forged slug beside canaries, and look whether anything but the refusal happened."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "canary").write_text("alive")
    (tmp_path / "box").mkdir()

    def call(path: Path, **limits: int) -> None:
        before = _state(tmp_path)
        try:
            unpack(read_manifest(path), tmp_path / "box" / "target", limits=Limits(**limits), workers=2)
        finally:
            assert _state(tmp_path) == before, "something was left or changed"

    return call


def _state(root: Path) -> list[tuple[str, int, bytes]]:
    return sorted(
        (str(path), path.lstat().st_mode, path.read_bytes() if path.is_file() and not path.is_symlink() else b"")
        for path in root.rglob("*")
    )


OUT = "../../outside/canary"
UNSAFE = {
    "an absolute name": [APP + member("/etc/passwd-slugc", b"x")],
    "a name that climbs out": [APP + member("./app/../../outside/canary", b"x")],
    "a name that starts by climbing": [APP + member("../outside/canary", b"x")],
    "a name that ends in dots": [APP + folder("./app/x/..")],
    "a name without the leading dot": [APP + member("app/x", b"x")],
    "a name with two slashes": [APP + member("./app//x", b"x")],
    "a name with a dot in the middle": [APP + member("./app/./x", b"x")],
    "a file beside the manifest": [APP + member("./profile", b"x")],
    "a second manifest": [APP + member("./slug.json", b"{}")],
    "an empty name": [APP + member("", b"x")],
    "a file in the place of app": [member("./app", b"x")],
    "a link in the place of app": [link("./app", "../outside")],
    "a link in the place of layers": [APP + link("./layers", "/")],
    "a file whose name ends in a slash": [APP + member("./app/x/", b"x")],
    "a folder named as a file": [APP + folder("./app/x")],
    "a name in a PAX header that climbs out": [APP + pax(record(b"path", b"./app/../../x"), HELLO)],
    "an absolute name in a PAX header": [APP + pax(record(b"path", b"/tmp/slugc-x"), HELLO)],
    "a zero byte in a PAX name": [APP + pax(record(b"path", b"./app/a\0b"), HELLO)],
    "a component of 256 bytes": [APP + pax(record(b"path", b"./app/" + b"n" * 256), HELLO)],
    "a path of 4000 bytes": [APP + pax(record(b"path", b"./app" + b"/n" * 2000), HELLO)],
    "a file through a link": [APP + link("./app/l", "../../outside") + member("./app/l/canary", b"dead")],
    "a file through a link that comes later": [
        APP + member("./app/l/canary", b"dead") + link("./app/l", "../../outside")
    ],
    "a file through a link in another frame": [
        APP + link("./app/l", "../../outside"),
        member("./app/l/canary", b"dead"),
    ],
    "a folder swapped for a link": [
        APP + folder("./app/d/") + link("./app/d", "../../outside"),
        member("./app/d/canary", b"dead"),
    ],
    "a file written through a link of its own name": [APP + link("./app/l", OUT) + member("./app/l", b"dead")],
    "a link in a linked folder": [APP + link("./app/l", "../../outside") + link("./app/l/new", "/etc")],
    "a folder in a linked folder": [APP + link("./app/l", "../../outside") + folder("./app/l/new/")],
    "a file in a file": [APP + HELLO + member("./app/hello/x", b"x")],
    "a hard link out": [APP + member("./app/h", type=tarfile.LNKTYPE, linkname="../outside/canary")],
    "a hard link to an absolute name": [APP + member("./app/h", type=tarfile.LNKTYPE, linkname="/etc/shadow")],
    "a hard link inside": [APP + HELLO + member("./app/h", type=tarfile.LNKTYPE, linkname="./app/hello")],
    "a character device": [APP + member("./app/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "a block device": [APP + member("./app/disk", type=tarfile.BLKTYPE, devmajor=8, devminor=0)],
    "a named pipe": [APP + member("./app/pipe", type=tarfile.FIFOTYPE)],
    "a contiguous file": [APP + member("./app/c", type=tarfile.CONTTYPE)],
    "a GNU sparse file": [APP + member("./app/s", type=tarfile.GNUTYPE_SPARSE)],
    "a GNU long name": [APP + member("././@LongLink", b"/etc/passwd\0", type=tarfile.GNUTYPE_LONGNAME) + HELLO],
    "a GNU long link": [APP + member("././@LongLink", b"/etc\0", type=tarfile.GNUTYPE_LONGLINK) + link("./app/l", "x")],
    "a GNU volume label": [APP + member("label", type=b"V")],
    "a global header": [member("pax_global_header", record(b"path", b"/x"), type=b"g") + APP],
    "a name twice": [APP + HELLO + HELLO],
    "a name twice, in two frames": [APP + HELLO, HELLO],
    "a folder twice": [APP + folder("./app/d/") + folder("./app/d/")],
    "a link twice": [APP + link("./app/l", "a") + link("./app/l", "b")],
    "a link to nowhere": [APP + link("./app/l", "")],
    "a link with a zero byte": [APP + pax(record(b"linkpath", b"a\0b"), link("./app/l", "x"))],
    "a link target of 5000 bytes": [APP + pax(record(b"linkpath", b"n" * 5000), link("./app/l", "x"))],
}


@pytest.mark.parametrize("kind", UNSAFE)
def test_an_unsafe_member_is_refused(kind, attempt, tmp_path):
    path = Forged(UNSAFE[kind]).write(tmp_path / "forged.slug")
    with pytest.raises(UnsafePath) as caught:
        attempt(path)
    assert caught.value.exit_code == 63


MALFORMED = {
    "a header with a wrong checksum": [APP + member("./app/x", b"x", raw={148: b"000001\0 "})],
    "a header that is not ustar": [APP + member("./app/x", b"x", raw={257: b"ustar  \0"})],
    "a member of an unknown kind": [APP + member("./app/x", raw={156: b"Z"})],
    "a size that is no number": [APP + member("./app/x", raw={124: b"12x45670000\0"})],
    "a size in base 256": [APP + member("./app/x", raw={124: b"\x80" + bytes(10) + b"\x01"})],
    "a negative size": [APP + member("./app/x", raw={124: b"-0000000001\0"})],
    "a mode that is no number": [APP + member("./app/x", raw={100: b"rwxr-xr\0"})],
    "an end mark in the middle": [APP + bytes(1024) + HELLO],
    "a file that never ends": [APP + member("./app/x", raw={124: b"00077777777\0"})],
    "a file that claims 2^56 bytes": [APP + pax(record(b"size", b"%d" % (1 << 56)), HELLO)],
    "a PAX size of a thousand digits": [APP + pax(record(b"size", b"9" * 1000), HELLO)],
    "a PAX size below zero": [APP + pax(record(b"size", b"-5"), HELLO)],
    "a PAX record without a length": [APP + pax(b"path=./app/x\n", HELLO)],
    "a PAX record longer than its header": [APP + pax(b"999 path=x\n", HELLO)],
    "a PAX record without a value": [APP + pax(b"8 path/\n", HELLO)],
    "a PAX record of an unknown key": [APP + pax(record(b"GNU.sparse.name", b"/etc/x"), HELLO)],
    "a PAX record twice": [APP + pax(record(b"path", b"./app/a") + record(b"path", b"./app/b"), HELLO)],
    "a PAX header of a megabyte": [APP + pax(record(b"path", b"n" * (1 << 20)), HELLO)],
    "a PAX header for nothing": [APP + pax(record(b"path", b"./app/a"), b"")],
    "two PAX headers": [APP + pax(record(b"path", b"./app/a"), pax(record(b"path", b"./app/b"), HELLO))],
    "a folder with content": [APP + member("./app/d/", b"x", type=tarfile.DIRTYPE)],
    "a link with content": [APP + member("./app/l", b"x", type=tarfile.SYMTYPE, linkname="x")],
    "a file with a link target": [APP + member("./app/x", b"x", linkname="/etc/passwd")],
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_member_is_refused(kind, attempt, tmp_path):
    path = Forged(MALFORMED[kind]).write(tmp_path / "forged.slug")
    with pytest.raises((MalformedSlug, UnsafePath)):
        attempt(path)


def _layer(manifest: SlugManifest, **changes: Any) -> SlugManifest:
    return replace(manifest, layers=(replace(manifest.layers[0], **changes),))


def _frame(manifest: SlugManifest, **changes: Any) -> SlugManifest:
    frames = manifest.layers[0].frames
    return _layer(manifest, frames=(replace(frames[0], **changes), *frames[1:]))


def _without_size(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=False).compress(data)


MANIFESTS: dict[str, tuple[Forged, type[SlugFileError]]] = {
    "more files than it says": (Forged([APP + HELLO], files=0), MalformedSlug),
    "fewer files than it says": (Forged([APP + HELLO], files=2), MalformedSlug),
    "more bytes than it says": (Forged([APP + HELLO], size=4), MalformedSlug),
    "a billion files": (Forged([APP + HELLO], files=10**9), SlugTooLarge),
    "a frame that goes on with nothing": (Forged([APP, HELLO], continued=(1,)), MalformedSlug),
    "a first frame that goes on": (Forged([APP + HELLO], continued=(0,)), MalformedSlug),
    "a file over frames that are not marked": (
        Forged([APP + member("./app/x", b"x" * 2048)[:1024], bytes(1536)], files=1, size=2048),
        MalformedSlug,
    ),
    "members behind a file's last piece": (
        Forged([APP + member("./app/x", b"x" * 1024)[:1024], b"x" * 512 + HELLO], continued=(1,), files=2),
        MalformedSlug,
    ),
    "a frame of no known length": (Forged([APP + HELLO], compress=_without_size), MalformedSlug),
    "a bomb: a frame longer than it says": (
        Forged([APP + HELLO + bytes(30 << 20)], files=1, tar_size=2048),
        MalformedSlug,
    ),
    "a frame of 65 MiB": (Forged([APP], change=lambda m: _frame(m, tar_size=65 << 20)), SlugTooLarge),
    "a frame that is no zstd": (Forged([APP + HELLO], compress=lambda data: data), MalformedSlug),
    "two zstd frames in one": (
        Forged([APP + HELLO], compress=lambda data: zstandard.ZstdCompressor().compress(data) * 2),
        MalformedSlug,
    ),
    "frames that overlap": (Forged([APP, HELLO], change=lambda m: _frame(m, offset=7)), MalformedSlug),
    "a frame of negative size": (Forged([APP, HELLO], change=lambda m: _frame(m, size=-1)), MalformedSlug),
    "a frame of size 0": (Forged([APP, HELLO], change=lambda m: _frame(m, size=0)), MalformedSlug),
    "a tar size that is no multiple of 512": (Forged([APP], change=lambda m: _frame(m, tar_size=513)), MalformedSlug),
    "another digest of itself": (
        Forged([APP], change=lambda m: replace(m, digest="0" * 64), reseal=False),
        DigestMismatch,
    ),
    "another digest of a layer": (
        Forged([APP], change=lambda m: _layer(m, digest="0" * 64), reseal=False),
        DigestMismatch,
    ),
    "another digest of a frame": (Forged([APP], change=lambda m: _frame(m, digest="0" * 64)), DigestMismatch),
    "a time before 1970": (Forged([APP], change=lambda m: replace(m, mtime=-1)), MalformedSlug),
    "a time beyond all calendars": (Forged([APP], change=lambda m: replace(m, mtime=1 << 70)), SlugFileError),
    "a schema of the future": (Forged([APP], change=lambda m: replace(m, schema=99)), UnsupportedSchema),
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_lying_manifest_is_refused(kind, attempt, tmp_path):
    forged, error = MANIFESTS[kind]
    path = forged.write(tmp_path / "forged.slug")
    with pytest.raises(error):
        attempt(path)


def test_more_bytes_than_the_limit_are_refused_before_anything_is_written(attempt, tmp_path):
    path = Forged([APP + member("./app/zeros", bytes(4 << 20))]).write(tmp_path / "bomb.slug")
    with pytest.raises(SlugTooLarge) as caught:
        attempt(path, size=1 << 20)
    assert caught.value.exit_code == 61


def test_more_members_than_the_limit_are_refused(attempt, tmp_path):
    path = Forged([APP + b"".join(folder(f"./app/{n}/") for n in range(200))]).write(tmp_path / "bomb.slug")
    with pytest.raises(SlugTooLarge):
        attempt(path, members=100)


def test_set_user_id_bits_are_dropped(tmp_path):
    path = Forged([APP + member("./app/su", b"x", mode=0o6755) + member("./app/sticky", b"x", mode=0o1644)]).write(
        tmp_path / "forged.slug"
    )
    unpack(read_manifest(path), tmp_path / "target")
    assert (tmp_path / "target" / "app" / "su").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "target" / "app" / "sticky").stat().st_mode & 0o7777 == 0o644


def test_a_forged_slug_without_harm_is_unpacked(tmp_path):
    """The forger's tools are right: what the other tests refuse is refused for its own reason."""
    big = member("./app/x", b"x" * 3000)
    path = Forged([APP + HELLO + big[:1024], big[1024:]], continued=(1,)).write(tmp_path / "forged.slug")
    unpack(read_manifest(path), tmp_path / "target")
    assert (tmp_path / "target" / "app" / "hello").read_bytes() == b"hello"
    assert (tmp_path / "target" / "app" / "x").read_bytes() == b"x" * 3000


def _gzip(path: Path) -> None:
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("./slug.json"))


def _tar_zst(path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("./app/x"))
    path.write_bytes(zstandard.ZstdCompressor().compress(buffer.getvalue()))


def _streamed(path: Path) -> None:
    path.write_bytes(_without_size(member("./slug.json", b"{}")))


def _manifest_bomb(path: Path) -> None:
    compressor = zstandard.ZstdCompressor().compressobj(size=100 << 20)
    path.write_bytes(compressor.compress(bytes(100 << 20)) + compressor.flush())


def _text(text: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        frame = zstandard.ZstdCompressor().compress(head.member(text, mtime=0))
        path.write_bytes(head.seal(frame) + head.END)

    return write


FOREIGN: dict[str, tuple[Callable[[Path], object], type[SlugFileError]]] = {
    "an empty file": (lambda path: path.write_bytes(b""), NotASlug),
    "text": (lambda path: path.write_text("web: run\n"), NotASlug),
    "a tar.gz": (_gzip, NotASlug),
    "a tar.zst of somebody else": (_tar_zst, NotASlug),
    "a stream of tar --zstd": (_streamed, NotASlug),
    "compressed text": (lambda path: path.write_bytes(zstandard.ZstdCompressor().compress(b"x" * 600)), NotASlug),
    "a folder": (lambda path: path.mkdir(), NotASlug),
    "a manifest that unpacks to 100 MB": (_manifest_bomb, SlugTooLarge),
    "a manifest that is no JSON": (_text(b"{" * 600), MalformedSlug),
    "a manifest that is a list": (_text(b"[]"), MalformedSlug),
    "a manifest with nothing in it": (_text(b"{}"), MalformedSlug),
    "a manifest nested ten thousand deep": (_text(b'{"schema":' + b"[" * 10_000), MalformedSlug),
    "a manifest whose schema is text": (_text(b'{"schema":"one"}'), MalformedSlug),
    "a manifest that is not UTF-8": (_text(b'{"digest":"\xff"}'), MalformedSlug),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_of_another_kind_is_refused(kind, attempt, tmp_path):
    write, error = FOREIGN[kind]
    path = tmp_path / "foreign.slug"
    write(path)
    with pytest.raises(error):
        attempt(path)


def test_a_slug_cut_off_anywhere_is_refused(tree, packed, attempt, tmp_path):
    data = packed(tree).path.read_bytes()
    cut = tmp_path / "cut.slug"
    for size in (*range(64), *range(64, len(data), 97), len(data) - 1):
        cut.write_bytes(data[:size])
        with pytest.raises((TruncatedSlug, NotASlug, MalformedSlug)):
            attempt(cut)


def test_a_flipped_bit_anywhere_is_noticed(tree, packed, tmp_path):
    (tmp_path / "box").mkdir()
    data = packed(tree).path.read_bytes()
    flipped = tmp_path / "flipped.slug"
    for at in (*range(0, len(data), 5), *range(len(data) - 160, len(data))):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        flipped.write_bytes(changed)
        with pytest.raises(SlugFileError):
            unpack(read_manifest(flipped), tmp_path / "box" / "target")
        assert not list((tmp_path / "box").iterdir()), f"byte {at} left something"


def test_bytes_behind_the_end_are_refused(tree, packed, attempt):
    slug = packed(tree)
    with slug.path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(MalformedSlug):
        attempt(slug.path)


def test_a_target_that_exists_is_left_alone(tree, packed, tmp_path):
    slug = packed(tree)
    target = tmp_path / "full"
    target.mkdir()
    (target / "mine").write_text("x")
    with pytest.raises(SlugFileError) as caught:
        unpack(slug, target)
    assert caught.value.code == "slug.target-exists"
    assert [path.name for path in target.iterdir()] == ["mine"]


def test_a_target_that_is_a_link_is_left_alone(tree, packed, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(SlugFileError):
        unpack(packed(tree), tmp_path / "link")
    assert not list((tmp_path / "real").iterdir())


@pytest.mark.needs("zstd")
def test_a_slug_from_gnu_tar_names_the_way_out(tmp_path):
    (tmp_path / "app").mkdir()
    subprocess.run(["tar", "--zstd", "-cf", "x.slug", "./app"], cwd=tmp_path, check=True)
    with pytest.raises(NotASlug) as caught:
        read_manifest(tmp_path / "x.slug")
    assert "slugc build" in caught.value.hint
