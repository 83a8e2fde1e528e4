"""The store under SLUGC_HOME: slugs by content digest, and their unpacked trees, shared by all dynos.

Everything appears by a rename and is used under locks of the kernel, so several processes may work at once and
a killed one leaves nothing behind that another would take for whole.
"""

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.errors.root import SlugError
from slugc.errors.slug import AmbiguousSlug, FolderForSlug, SlugNotFound, SlugNotWritten
from slugc.events import Emit, silent
from slugc.host import files, locks, staging
from slugc.host.boot import boot_id
from slugc.host.home import Home
from slugc.model.slug import Slug, SlugManifest
from slugc.slug.reading import read_manifest
from slugc.slug.walk import OPEN_FOLDER, TOPS

if TYPE_CHECKING:
    from slugc.slug.unpack import Limits

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{6,64})")


def reads_as_digest(reference: str) -> bool:
    """Whether `reference` can be a content digest or the beginning of one, as SlugStore.find takes it."""
    return _PREFIX.fullmatch(reference) is not None


class SlugStore:
    """Slugs and trees of one SLUGC_HOME."""

    def __init__(self, home: Home, *, limits: "Limits | None" = None) -> None:
        """`limits` of what is unpacked; None: the ordinary ones."""
        self.home = home
        self._limits = limits

    def add(self, file: Path) -> Slug:
        """Copy a slug file into the store, after every frame's digest was checked. Raises as read_manifest and
        check_frames do."""
        slug = read_manifest(file)
        kept = self.path_of(slug.manifest.digest)
        if not kept.exists():
            from slugc.slug.verify import check_frames

            check_frames(slug)
            source = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            try:
                with staging.staged(kept) as target:
                    staging.copy_range(source, 0, target, slug.size)
            finally:
                os.close(source)
        self._touch(slug.manifest.digest)
        return replace(slug, path=kept)

    def take(self, slug: Slug) -> Slug:
        """Move a slug that this process has just packed into the store; unchecked, and free where the file lies
        on the store's disk (below home.work)."""
        kept = self.path_of(slug.manifest.digest)
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            slug.path.replace(kept)
            files.sync_folder(kept.parent)  # a release that names it may be on disk in a moment
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self.add(slug.path)
            slug.path.unlink()
        return replace(slug, path=kept)

    def stored(self, digest: str) -> Slug | None:
        """The stored slug, or None where it is gone or can no longer be read."""
        try:
            return read_manifest(self.path_of(digest))
        except (SlugError, OSError):
            return None

    def copy_out(self, slug: Slug, target: Path) -> Slug:
        """Write a copy of a stored slug at `target`: a copy, because a file that a user edits must not be the
        store's own. Raises SlugNotWritten."""
        try:
            source = os.open(slug.path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                with staging.staged(target) as file:
                    staging.copy_range(source, 0, file, slug.size)
            finally:
                os.close(source)
        except OSError as error:
            raise SlugNotWritten(path=str(target), reason=error.strerror or str(error)) from error
        return replace(slug, path=target)

    def find(self, reference: str) -> Slug:
        """The slug that a path, a content digest or the beginning of one (6 digits at least) names.

        Raises SlugNotFound, FolderForSlug, AmbiguousSlug, and as read_manifest does.
        """
        path = Path(reference)
        match = _PREFIX.fullmatch(reference)
        if match is None or path.is_file():
            if path.is_dir():
                raise FolderForSlug(folder=reference)
            if not path.is_file():
                raise SlugNotFound(reference=reference, stored=len(self.digests()))
            return read_manifest(path)
        fitting = tuple(digest for digest in self.digests() if digest.startswith(match[1]))
        if not fitting:
            raise SlugNotFound(reference=reference, stored=len(self.digests()))
        if len(fitting) > 1:
            raise AmbiguousSlug(reference=reference, digests=fitting)
        return read_manifest(self.path_of(fitting[0]))

    def digests(self) -> tuple[str, ...]:
        """What the store holds, sorted."""
        if not self.home.slugs.is_dir():
            return ()
        names = (path.name.removesuffix(".slug") for path in self.home.slugs.glob("*.slug"))
        return tuple(sorted(name for name in names if _DIGEST.fullmatch(name)))

    def path_of(self, digest: str) -> Path:
        return self.home.slugs / f"{digest}.slug"

    def tree_of(self, digest: str) -> Path:
        return self.home.trees / digest

    @contextlib.contextmanager
    def lease(self, digest: str, *, emit: Emit = silent) -> Iterator[Path]:
        """The unpacked tree, held: gc leaves it alone until the end, or until this process is gone."""
        with locks.shared(self.lease_lock(digest)):
            yield self.tree(digest, emit=emit)

    def tree(self, digest: str, *, emit: Emit = silent) -> Path:
        """The folder with the slug's app/ and layers/, unpacked now where it is missing. Shared: nobody may
        write there, dynos see it below an overlay. Modes stay 0755 and 0644 (an overlay's own files get them).
        A tree is trusted for one run of the machine: nothing in it was fsynced, unpacking again is cheaper.
        """
        tree = self.tree_of(digest)
        if not self._ready(digest):
            with locks.exclusive(self._making_lock(digest)):
                if not self._ready(digest):
                    self.discard_tree(digest)
                    self._unpack(digest, tree, emit)
                    self._mark(digest)
        self._touch(digest)
        return tree

    def _unpack(self, digest: str, tree: Path, emit: Emit) -> None:
        # Imported here, as what packs and checks is: booting a stored tree needs none of it.
        from slugc.slug.unpack import DEFAULT_LIMITS, unpack

        unpack(self.find(digest), tree, limits=self._limits or DEFAULT_LIMITS, emit=emit)

    def adopt_tree(self, root: Path, manifest: SlugManifest) -> Path:
        """Rename the build's app/ and layers/ out of `root` into the store, brought into the state that
        unpacking gives. A tree that is no longer what was packed, or lies on another disk, is unpacked instead.
        """
        digest = manifest.digest
        with locks.exclusive(self._making_lock(digest)):
            if not self._ready(digest):
                self.discard_tree(digest)
                if self._renamed(root, manifest):
                    self._mark(digest)
        return self.tree(digest)

    def discard_tree(self, digest: str) -> None:
        self._marker(digest).unlink(missing_ok=True)
        self.to_trash(self.tree_of(digest))

    def to_trash(self, path: Path) -> None:
        files.discard(path, self.home.trash)

    def has_tree(self, digest: str) -> bool:
        return self.tree_of(digest).is_dir()

    def lease_lock(self, digest: str) -> Path:
        """Lock files stay for ever; few digits bound their number, and two slugs rarely share one."""
        return self.home.trees / ".locks" / f"{digest[:4]}.lease"

    def _making_lock(self, digest: str) -> Path:
        return self.home.trees / ".locks" / f"{digest[:2]}.making"

    def _renamed(self, root: Path, manifest: SlugManifest) -> bool:
        from slugc.slug.adopt import normalise

        self.home.trees.mkdir(parents=True, exist_ok=True)
        with files.scratch(self.home.trees, f".{manifest.digest}") as aside:
            for top in TOPS:
                with contextlib.suppress(FileNotFoundError):
                    try:
                        (root / os.fsdecode(top)).rename(aside / os.fsdecode(top))
                    except OSError as error:
                        if error.errno == errno.EXDEV:
                            return False
                        raise
            fd = os.open(aside, OPEN_FOLDER)
            try:
                counted = normalise(fd, manifest.mtime)
            finally:
                os.close(fd)
            expected = sum(layer.files for layer in manifest.layers), sum(layer.size for layer in manifest.layers)
            if (counted.files, counted.size) != expected:
                self.to_trash(aside)
                return False
            aside.chmod(0o755)
            os.utime(aside, (manifest.mtime, manifest.mtime))
            aside.rename(self.tree_of(manifest.digest))
        return True

    def _marker(self, digest: str) -> Path:
        return self.home.trees / f"{digest}.ready"

    def _ready(self, digest: str) -> bool:
        try:
            # Somebody may have made room by hand, and left the mark.
            return self._marker(digest).read_text(encoding="ascii") == boot_id() and self.has_tree(digest)
        except FileNotFoundError:
            return False

    def _mark(self, digest: str) -> None:
        files.write_atomic(self._marker(digest), boot_id().encode())

    def _touch(self, digest: str) -> None:
        """gc removes what was used longest ago: the slug file's time says when."""
        with contextlib.suppress(OSError):
            os.utime(self.path_of(digest))
