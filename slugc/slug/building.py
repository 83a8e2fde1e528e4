"""A pack worker: builds the tar bytes of one shard in a buffer that it keeps, and compresses them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import zstandard
from blake3 import blake3

from slugc.errors.slug import TreeChanged
from slugc.slug import headers, pyc
from slugc.slug.folders import Folders
from slugc.slug.headers import BLOCK, ZEROS
from slugc.slug.shards import MAX_BYTES, Shard

PREVIOUS = -1
_BUFFER = MAX_BYTES + (1 << 20)
"""What nearly every shard fits into with its headers. Memory that was not written to yet takes no room."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
"""O_NONBLOCK: should a named pipe stand there by now, its open must not wait for a writer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldFrame:
    """A frame of the previous slug: `at` counts from the start of that file."""

    at: int
    size: int
    tar_size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that the workers of one pack share."""

    root: int
    mtime: int
    level: int
    old_file: int | None = None
    old_frames: Mapping[str, OldFrame]
    """Frames of the previous slug by their content."""


class Made(NamedTuple):
    """What a worker tells of a finished shard."""

    source: int
    """The worker whose scratch file has the frame; PREVIOUS: the previous slug's file."""
    at: int
    size: int
    tar_size: int
    digest: str
    content: str


class Builder:
    """One worker. `scratch` is an open file of its own, which takes its frames one after another."""

    def __init__(self, job: Job, number: int, scratch: int) -> None:
        self._job = job
        self._number = number
        self._scratch = scratch
        self._written = 0
        self._header = headers.HeaderWriter(job.mtime)
        self._folders = Folders(job.root)
        # Kept from shard to shard: new memory costs the kernel a fault for each of its pages.
        self._buffer = bytearray()
        self._old = bytearray()
        self._compressor: zstandard.ZstdCompressor | None = None

    def __call__(self, shard: Shard) -> Made:
        size = self._fill(shard)
        with memoryview(self._buffer) as whole, whole[:size] as plain:
            content = blake3(plain).hexdigest()
            return self._unchanged(content, size) or self._compressed(content, plain)

    def close(self) -> None:
        """Close the folders that were kept open for the next file; a forked worker ends without it."""
        self._folders.close()

    def _compressed(self, content: str, plain: memoryview) -> Made:
        if self._compressor is None or self._job.level >= 5:
            # From level 5 on, what zstd finds may depend on what the same context compressed before.
            self._compressor = zstandard.ZstdCompressor(level=self._job.level, write_checksum=True)
        frame = self._compressor.compress(plain)
        _write_all(self._scratch, frame)
        at, self._written = self._written, self._written + len(frame)
        return Made(self._number, at, len(frame), len(plain), blake3(frame).hexdigest(), content)

    def _unchanged(self, content: str, size: int) -> Made | None:
        """The previous slug's frame of these bytes, if there is one, and it is still what its manifest says.

        Found by a digest of what it holds. Decompressing the frame and comparing took six times as long.
        """
        old = self._job.old_frames.get(content)
        if old is None or old.tar_size != size or self._job.old_file is None:
            return None
        self._old = _at_least(self._old, old.size)
        with memoryview(self._old) as buffer, buffer[: old.size] as frame:
            read = os.preadv(self._job.old_file, [frame], old.at)
            if read != old.size or blake3(frame).hexdigest() != old.digest:
                return None
        return Made(PREVIOUS, old.at, old.size, size, old.digest, content)

    def _fill(self, shard: Shard) -> int:
        """Lay the shard's tar bytes into the buffer; their number."""
        if shard.continued:
            path, _, _, whole, *_ = shard.members[0]
            size = shard.length + -shard.length % BLOCK
            self._buffer = _at_least(self._buffer, size)
            with memoryview(self._buffer) as view:
                self._read(path, view[: shard.length], shard.offset, whole)
                view[shard.length : size] = ZEROS[: size - shard.length]
            return size
        heads = [self._head(path, kind, mode, size, link) for path, kind, mode, size, link, _ in shard.members]
        lengths = [size if shard.length < 0 else shard.length for _, _, _, size, _, _ in shard.members]
        size = sum(len(head) + length + -length % BLOCK for head, length in zip(heads, lengths, strict=True))
        self._buffer = _at_least(self._buffer, size)
        at = 0
        with memoryview(self._buffer) as view:
            for (path, _, _, whole, _, source), head, length in zip(shard.members, heads, lengths, strict=True):
                view[at : at + len(head)] = head
                at += len(head)
                if length:
                    self._read(path, view[at : at + length], 0, whole)
                    if length >= pyc.HEADER and path.endswith(pyc.COMPILED):
                        self._retime(path, source, view[at : at + pyc.HEADER])
                    at += length
                    padding = -length % BLOCK
                    view[at : at + padding] = ZEROS[:padding]
                    at += padding
        return size

    def _head(self, path: bytes, kind: bytes, mode: int, size: int, link: bytes) -> bytes:
        name = b"./" + path + (b"/" if kind == headers.FOLDER else b"")
        return self._header(name, kind, mode, size, link)

    def _read(self, path: bytes, into: memoryview, offset: int, size: int) -> None:
        """Read exactly this part of a file of `size` bytes. One byte more is asked for: a file that grew tells so."""
        folder, _, name = path.rpartition(b"/")
        try:
            fd = os.open(name, _READ, dir_fd=self._folders.of(folder))
        except OSError as error:
            raise TreeChanged(member=path, reason=error.strerror or "It cannot be opened") from None
        more = bytearray(1)
        wanted = len(into)
        try:
            done = os.preadv(fd, [into, more], offset) if offset else os.readv(fd, [into, more])
            while 0 < done < wanted:
                step = os.preadv(fd, [into[done:], more], offset + done)
                if not step:
                    break
                done += step
        except OSError as error:
            raise TreeChanged(member=path, reason=error.strerror or "It cannot be read") from None
        finally:
            os.close(fd)
        ends_here = offset + wanted == size
        if done < wanted or (ends_here and done > wanted):
            raise TreeChanged(
                member=path, reason=f"It had {size} bytes, and has {'fewer' if done < wanted else 'more'} now"
            )

    def _retime(self, path: bytes, source: bytes | None, header: memoryview) -> None:
        time = pyc.remembered_time(bytes(header), path=path, source=source, mtime=self._job.mtime)
        if time is not None:
            header[8:12] = time.to_bytes(4, "little")


def _at_least(buffer: bytearray, size: int) -> bytearray:
    return buffer if len(buffer) >= size else bytearray(max(size, _BUFFER))


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
