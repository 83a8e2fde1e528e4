"""The build cache: one folder per app, in it one per buildpack, and what the last slug was built from.

A build works on a copy, which takes the old one's place after success only: a build that is killed, or fails,
leaves the cache as it was. Nothing here may make a build fail: a broken cache makes it slower.
"""

import hashlib
import io
import os
import struct
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from slugc.errors.cache import CacheArchiveRefused, CacheUnknown
from slugc.events import CacheDiscarded, Emit
from slugc.host import archives, inside, locks, trees
from slugc.host.files import named_by_user, remove_tree, scratch, write_atomic
from slugc.host.home import Home
from slugc.model.inputs import Inputs
from slugc.model.marks import Marks

LIVE = "live"
PREVIOUS = "previous"
INPUTS = "inputs"
ABOUT = "app"
SLUG = "slug"
SCHEMA = b"slugc-inputs-3\n"
_SIZE = struct.Struct("<Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The last slug of an app, and what it was built from."""

    inputs: Inputs
    slug: str
    """Content digest."""
    salt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildCache:
    home: Home
    app: str
    """A name, or the source's path."""

    @property
    def folder(self) -> Path:
        """home.cache/<readable part>-<digest of the whole name>."""
        readable = "".join(c if c.isalnum() or c in "-_." else "-" for c in Path(self.app).name)[:40].strip(".")
        return self.home.cache / f"{readable or 'app'}-{hashlib.sha256(os.fsencode(self.app)).hexdigest()[:12]}"

    @property
    def live(self) -> Path:
        return self.folder / LIVE

    def restore(self, work: Path, *, emit: Emit) -> None:
        """Fill `work` with the cache's content; empty where there is none, or where it cannot be read."""
        work.mkdir(parents=True, exist_ok=True)
        try:
            self._recover()
            if not self.live.is_dir():
                return
            with locks.shared(self.folder / "lock"):
                trees.copy(self.live, work)
            # Buildpacks write into these folders from inside their sandboxes: one that is a link would be a way out.
            for item in [item for item in work.iterdir() if item.is_symlink() or not item.is_dir()]:
                item.unlink()
        except OSError as error:
            remove_tree(work)
            work.mkdir()
            emit(CacheDiscarded(what="the build cache", reasons=(f"it cannot be read ({error})",)))

    def swap(self, work: Path, trash: Path) -> None:
        """Put `work` in the cache's place, by renaming; the old one goes to `trash`. Never raises: the slug is
        there already, and only the next build is slower."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self.folder / ABOUT, os.fsencode(self.app))
            trash.mkdir(parents=True, exist_ok=True)
            with locks.exclusive(self.folder / "lock"):
                if self.live.exists():
                    self.live.rename(self.folder / PREVIOUS)
                work.rename(self.live)
                if (self.folder / PREVIOUS).exists():
                    (self.folder / PREVIOUS).rename(trash / "cache")
        except OSError:
            return

    def _recover(self) -> None:
        """A process that was killed between the renames of `swap` has left the old cache beside its place."""
        if (self.folder / PREVIOUS).exists() and not self.live.exists():
            with locks.exclusive(self.folder / "lock"):
                if (self.folder / PREVIOUS).exists() and not self.live.exists():
                    (self.folder / PREVIOUS).rename(self.live)

    def remember(self, remembered: Remembered) -> None:
        """Keep what the slug was built from (0600): a head, then the marks as they lie in memory. Never raises."""
        import msgspec

        try:
            source = remembered.inputs.source
            rest = replace(remembered, inputs=replace(remembered.inputs, source=replace(source, files={})))
            head = msgspec.msgpack.encode(rest)
            data = b"".join((SCHEMA, _SIZE.pack(len(head)), head, Marks.pack(source.files).packed))
            write_atomic(self.folder / INPUTS, data, mode=0o600)
        except (OSError, UnicodeEncodeError):
            self.forget()

    def forget(self) -> None:
        (self.folder / INPUTS).unlink(missing_ok=True)

    def recall(self) -> Remembered | None:
        """None where nothing is known, or what is there is broken or of another version."""
        import msgspec

        try:
            data = (self.folder / INPUTS).read_bytes()
            if not data.startswith(SCHEMA):
                return None
            (length,) = _SIZE.unpack_from(data, len(SCHEMA))
            begin = len(SCHEMA) + _SIZE.size
            rest = msgspec.msgpack.decode(data[begin : begin + length], type=Remembered)
            source = replace(rest.inputs.source, files=Marks(data[begin + length :]))
        except (OSError, ValueError, struct.error, msgspec.MsgspecError):
            return None
        return replace(rest, inputs=replace(rest.inputs, source=source))

    def clear(self) -> int:
        """Remove what it holds, and what the last slug was built from; bytes freed. A build that runs meanwhile has
        a copy, and leaves a cache again. Raises CacheUnknown."""
        self._recover()
        if not self.live.exists() and not (self.folder / ABOUT).exists():
            raise CacheUnknown(app=self.app)
        freed = self.size()
        with scratch(self.home.work, "cache") as work, locks.exclusive(self.folder / "lock"):
            self.forget()
            (self.folder / ABOUT).unlink(missing_ok=True)
            if self.live.exists():
                self.live.rename(work / LIVE)
        return freed

    def size(self) -> int:
        """Bytes of content."""
        if not self.live.is_dir():
            return 0
        return sum(entry.size for entry in trees.walk(self.live) if entry.is_file)

    def export(self, file: Path, *, slug: Path | None = None) -> int:
        """Write the buildpacks' caches as one .tar.zst; bytes written. With the last slug's file it also carries
        what that was built from, so that the next machine can find out that nothing has changed. (Config vars are
        in it as keyed digests only, but the key is there too.) Raises CacheUnknown, FileNotWritten."""
        import zstandard

        self._recover()
        if not self.live.is_dir():
            raise CacheUnknown(app=self.app)
        with named_by_user(file), scratch(file.absolute().parent, f".{file.name}") as work:
            part = work / "part"
            with locks.shared(self.folder / "lock"), part.open("wb") as raw:
                compressor = zstandard.ZstdCompressor(level=3, threads=-1)
                with compressor.stream_writer(raw, closefd=False) as stream:
                    _write(self.live, {INPUTS: self.folder / INPUTS, SLUG: slug} if slug else {}, stream)
            part.replace(file)
        return file.stat().st_size

    @contextmanager
    def imported(self, file: Path) -> Iterator[Path | None]:
        """Replace the cache by an exported one. The slug that came with it, if one did, is there until the end.
        What the slug was built from is believed only where `remember` is called again. Raises
        CacheArchiveRefused."""
        if not file.is_file():
            raise CacheArchiveRefused(archive=str(file), reason="there is no such file")
        with scratch(self.home.work, "cache") as work:
            raw = work / "raw"
            try:
                archives.unpack_tar(file, raw)
            except archives.ArchiveProblem as error:
                raise CacheArchiveRefused(archive=str(file), reason=str(error)) from error
            if not (raw / LIVE).is_dir() or (raw / LIVE).is_symlink():
                raise CacheArchiveRefused(archive=str(file), reason=f"it holds no {LIVE}/ folder")
            self.swap(raw / LIVE, work / "trash")
            self.forget()
            slug = raw / SLUG
            if slug.is_file() and not slug.is_symlink() and (data := inside.read(raw, INPUTS, limit=1 << 30)):
                write_atomic(self.folder / INPUTS, data, mode=0o600)
                yield slug
            else:
                yield None


def known_apps(home: Home) -> dict[str, int]:
    """Bytes of every app's cache, by the app's name or path."""
    found = {}
    for folder in sorted(home.cache.glob("*")):
        about = folder / ABOUT
        if about.is_file():
            app = os.fsdecode(about.read_bytes())
            found[app] = BuildCache(home=home, app=app).size()
    return found


def _write(root: Path, files: Mapping[str, Path], stream: object) -> None:
    """Sorted, without owners and with the files' own times: the same cache gives the same bytes."""
    with tarfile.open(fileobj=_Sink(stream), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, path in files.items():
            _add(tar, _member(name, tarfile.REGTYPE, 0o644), path)
        tar.addfile(_member(LIVE, tarfile.DIRTYPE, 0o755))
        for entry in sorted(trees.walk(root), key=lambda entry: os.fsencode(entry.path)):
            name = f"{LIVE}/{entry.path}"
            if entry.is_folder:
                tar.addfile(_member(name, tarfile.DIRTYPE, 0o755))
            elif entry.is_link:
                member = _member(name, tarfile.SYMTYPE, 0o777)
                member.linkname = str((root / entry.path).readlink())
                tar.addfile(member)
            elif entry.is_file:
                member = _member(name, tarfile.REGTYPE, 0o755 if entry.mode & 0o100 else 0o644)
                member.mtime = entry.mtime_ns // 10**9
                _add(tar, member, root / entry.path)


def _add(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    with path.open("rb") as content:
        member.size = os.fstat(content.fileno()).st_size
        tar.addfile(member, content)


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode = kind, mode
    return member


class _Sink(io.RawIOBase):
    """tarfile asks for a file; zstandard gives a writer."""

    def __init__(self, stream: object) -> None:
        self._stream = stream

    def write(self, data: object) -> int:
        self._stream.write(data)  # type: ignore[attr-defined]
        return len(data)  # type: ignore[arg-type]
