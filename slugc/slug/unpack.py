"""Unpack a slug into a new folder: on all processors, trusting nothing, whole or not at all."""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from slugc.errors.slug import (
    MalformedSlug,
    PackInterrupted,
    SlugNotWritten,
    SlugTooLarge,
    TargetExists,
    UnsafePath,
)
from slugc.events import Emit, Progress, silent
from slugc.host import files
from slugc.host.forks import WorkerDied, forked, processors
from slugc.model.slug import Frame, Slug
from slugc.slug import headers
from slugc.slug.folders import NewFolders
from slugc.slug.headers import BLOCK
from slugc.slug.members import HeaderReader, Member
from slugc.slug.reading import read_frame, runs
from slugc.slug.walk import OPEN_FOLDER

_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HOLE = bytes(1 << 20)
"""So many zero bytes are not written but left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a slug may unpack to, whatever its manifest says."""

    size: int = 64 << 30
    """Bytes of tar stream."""
    members: int = 5_000_000


DEFAULT_LIMITS = Limits()


class Unpacked(NamedTuple):
    """What a worker made of one run of frames. Links come last and from one hand: while files are written, no
    link exists in the new tree that could lead a write elsewhere."""

    layer: int
    files: int
    size: int
    folders: list[bytes]
    links: list[tuple[bytes, bytes]]


def unpack(
    slug: Slug,
    target: Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    workers: int | None = None,
    emit: Emit = silent,
) -> None:
    """Make the folder `target` with the slug's app/ and layers/. It appears whole, by a rename, or not at all.

    Files get mode 0755 or 0644, everything the manifest's time. The caller owns all of it. Raises TargetExists,
    UnsafePath, MalformedSlug, DigestMismatch, TruncatedSlug, SlugTooLarge, SlugNotWritten.
    """
    if os.path.lexists(target) and (target.is_symlink() or not target.is_dir() or any(target.iterdir())):
        raise TargetExists(path=str(target))
    _bounded(slug, limits)
    try:
        with files.scratch(target.parent, f".{target.name[:100]}") as staging:
            root = os.open(staging, OPEN_FOLDER)
            try:
                _fill(slug, root, limits, workers or processors(), emit)
            finally:
                os.close(root)
            staging.chmod(0o755)
            os.utime(staging, (slug.manifest.mtime, slug.manifest.mtime))
            staging.rename(target)
            files.sync_folder(target.parent)
    except WorkerDied as error:
        raise PackInterrupted(what="unpacking", status=error.status) from None
    except OSError as error:
        raise SlugNotWritten(path=str(target), reason=error.strerror or str(error)) from error


def _bounded(slug: Slug, limits: Limits) -> None:
    size = sum(frame.tar_size for layer in slug.manifest.layers for frame in layer.frames)
    if size > limits.size:
        raise SlugTooLarge(path=str(slug.path), what="Bytes unpacked", found=size, limit=limits.size)
    members = size // BLOCK
    least = sum(layer.files for layer in slug.manifest.layers)
    if least > min(limits.members, members):
        raise SlugTooLarge(path=str(slug.path), what="Files", found=least, limit=min(limits.members, members))


def _fill(slug: Slug, root: int, limits: Limits, workers: int, emit: Emit) -> None:
    jobs = list(runs(slug))
    total = sum(frame.tar_size for _, run in jobs for frame in run)
    # The longest first, so that no worker is left alone with it at the end.
    order = sorted(range(len(jobs)), key=lambda index: -sum(frame.tar_size for frame in jobs[index][1]))
    done: list[Unpacked] = []
    finished = 0
    file = os.open(slug.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with contextlib.closing(forked(_extractor(slug, file, root, jobs), order, workers=workers)) as results:
            for index, result in results:
                done.append(result)
                finished += sum(frame.tar_size for frame in jobs[index][1])
                emit(Progress(what="Unpacking", done=finished, total=total))
                if sum(item.files + len(item.folders) for item in done) > limits.members:
                    raise SlugTooLarge(
                        path=str(slug.path), what="Members", found=limits.members + 1, limit=limits.members
                    )
    finally:
        os.close(file)
    _counted(slug, done)
    _finish(slug, root, done)


def _extractor(
    slug: Slug, file: int, root: int, jobs: Sequence[tuple[int, list[Frame]]]
) -> Callable[[int], Callable[[int], Unpacked]]:
    def make(_worker: int) -> Callable[[int], Unpacked]:
        os.umask(0)
        extractor = Extractor(slug, file, root)
        return lambda index: extractor(*jobs[index])

    return make


class Extractor:
    """One worker: writes the files of runs of frames below the folder open at `root`."""

    def __init__(self, slug: Slug, file: int, root: int) -> None:
        self._slug = slug
        self._file = file
        self._path = str(slug.path)
        self._time = slug.manifest.mtime * 1_000_000_000
        self._headers = HeaderReader(self._path)
        self._folders = NewFolders(root, time=self._time)
        self._fd = -1
        self._left = 0
        """Bytes of the open file that are still to come."""
        self._size = 0
        """Where the open file's last hole ends."""

    def __call__(self, layer: int, run: Sequence[Frame]) -> Unpacked:
        made = Unpacked(layer, 0, 0, [], [])
        files = size = 0
        name = self._slug.manifest.layers[layer].name
        for frame in run:
            with memoryview(read_frame(self._slug, self._file, frame, f"a frame of layer {name}")) as data:
                if frame.continued:
                    self._go_on(data)
                    continue
                at = 0
                while at < len(data):
                    if self._left:
                        raise MalformedSlug(path=self._path, reason="A file is cut off")
                    member, at = self._headers.read(data, at)
                    if member.kind == headers.FILE:
                        self._fd = self._create(member)
                        self._left, self._size = member.size, 0
                        at = self._fill(data, at)
                        size += member.size
                    files += member.kind != headers.FOLDER
                    self._note(member, made)
        if self._left:
            raise MalformedSlug(path=self._path, reason="A file is cut off")
        self._folders.close()
        return made._replace(files=files, size=size)

    def _go_on(self, data: memoryview) -> None:
        """A frame that holds nothing but the next piece of the file that is open."""
        if not self._left:
            raise MalformedSlug(path=self._path, reason="A frame goes on with no file")
        if self._fill(data, 0) < len(data):
            raise MalformedSlug(path=self._path, reason="A file's last frame holds more than the file")

    def _fill(self, data: memoryview, at: int) -> int:
        """Write what the frame holds of the open file; where the next header stands."""
        end = min(at + self._left, len(data))
        self._left -= end - at
        while at < end:
            if end - at >= len(_HOLE) and _HOLE.startswith(data[at : at + len(_HOLE)]):
                # A sparse file stays sparse; startswith is memcmp, and stops at the first byte that is not 0.
                at += len(_HOLE)
                self._size = os.lseek(self._fd, len(_HOLE), os.SEEK_CUR)
            else:
                at += os.write(self._fd, data[at : min(end, at + len(_HOLE))])
        if not self._left:
            if self._size:
                os.ftruncate(self._fd, max(self._size, os.fstat(self._fd).st_size))
            os.utime(self._fd, ns=(self._time, self._time))
            os.close(self._fd)
        return at + -at % BLOCK

    def _note(self, member: Member, made: Unpacked) -> None:
        """Folders are made now, links noted for later."""
        if member.kind == headers.LINK:
            made.links.append((member.path, member.link))
        elif member.kind == headers.FOLDER:
            try:
                self._folders.of(member.path)
            except OSError as error:
                raise self._unsafe(member, error) from None
            made.folders.append(member.path)

    def _create(self, member: Member) -> int:
        folder, _, name = member.path.rpartition(b"/")
        try:
            return os.open(name, _WRITE, member.mode, dir_fd=self._folders.of(folder))
        except OSError as error:
            raise self._unsafe(member, error) from None

    def _unsafe(self, member: Member, error: OSError) -> Exception:
        if isinstance(error, FileExistsError):
            return UnsafePath(path=self._path, member=member.path, reason="the archive holds this name twice")
        if isinstance(error, (NotADirectoryError, IsADirectoryError)):
            return UnsafePath(path=self._path, member=member.path, reason="its folder is also a file or a link")
        return error


def _counted(slug: Slug, done: Sequence[Unpacked]) -> None:
    """The manifest counted right."""
    for index, layer in enumerate(slug.manifest.layers):
        count = sum(item.files for item in done if item.layer == index)
        size = sum(item.size for item in done if item.layer == index)
        if (count, size) != (layer.files, layer.size):
            reason = f"Layer {layer.name} holds {count} files with {size} bytes, not {layer.files} with {layer.size}"
            raise MalformedSlug(path=str(slug.path), reason=reason)


def _finish(slug: Slug, root: int, done: Sequence[Unpacked]) -> None:
    """Links, when no file is written any more."""
    folders: set[bytes] = set()
    for item in done:
        for path in item.folders:
            if path in folders:
                raise UnsafePath(path=str(slug.path), member=path, reason="the archive holds this name twice")
            folders.add(path)
    time = slug.manifest.mtime * 1_000_000_000
    opened = NewFolders(root, time=time)
    try:
        for path, target in sorted(link for item in done for link in item.links):
            folder, _, name = path.rpartition(b"/")
            try:
                above = opened.of(folder)
                os.symlink(target, name, dir_fd=above)
            except (FileExistsError, NotADirectoryError):
                raise UnsafePath(
                    path=str(slug.path),
                    member=path,
                    reason="the archive holds this name twice, or under a file or link",
                ) from None
            os.utime(name, ns=(time, time), dir_fd=above, follow_symlinks=False)
    finally:
        opened.close()
