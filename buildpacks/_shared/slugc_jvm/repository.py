"""The jars that build tools download, kept from build to build: unpacked into the scratch folder, never in the slug."""

from collections.abc import Callable
from pathlib import Path

from slugc_buildpack import children, transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.cache import Cache

REVISION = "1"
# What the tools say where a kept file is broken; told apart from every mistake of the app.
_BROKEN = (
    *("zip END header not found", "invalid LOC header", "error in opening zip file", "invalid CEN header"),
    *("ZipException", "zip file is empty", "Premature end of file", "Checksum validation failed"),
)


class Repository:
    """One folder of downloads. A broken one makes the build slower, and never fail."""

    def __init__(self, name: str, folder: Path, build: Build) -> None:
        self.folder = folder
        self._name = name
        self._cache = Cache(build.cache / "jvm")
        self._key = {"buildpack's revision": REVISION}
        self._before: frozenset[str] = frozenset()
        self.restored = False

    def restore(self) -> None:
        self.restored = self._cache.restore(self._name, self._key, self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._before = self._files()

    def save(self) -> None:
        """Only where something was added: packing 200 MB for nothing takes a second."""
        if not self.restored or self._files() - self._before:
            self._cache.save(self._name, self._key, self.folder)

    def attempt(self, work: Callable[[], None]) -> None:
        """`work`, and once more with an empty folder where it fails of a file that was kept broken."""
        try:
            work()
        except children.ChildFailed as failed:
            sign = next((sign for sign in _BROKEN if any(sign in line for line in failed.tail)), None)
            if not self.restored or sign is None:
                raise
            transcript.step("Discarding cache since:")
            transcript.detail(f"- A file in it is broken ({sign})")
            trees.remove(self.folder)
            self.folder.mkdir(parents=True)
            self.restored = False
            work()

    def _files(self) -> frozenset[str]:
        # Maven notes each failed look-up and each use in files of its own.
        return frozenset(
            str(path.relative_to(self.folder))
            for path in trees.walk(self.folder)
            if not path.name.endswith((".lastUpdated", ".lock", ".repositories"))
        )
