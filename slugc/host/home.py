"""SLUGC_HOME: where slugs, caches and the platform's state lie."""

import os
from dataclasses import dataclass
from pathlib import Path

from slugc.errors.home import HomeUnknown
from slugc.host.files import expanded


@dataclass(frozen=True, slots=True)
class Home:
    """The state folder's map. Nothing is made until somebody writes."""

    root: Path

    @classmethod
    def of_this_user(cls) -> "Home":
        """SLUGC_HOME, else the user's data folder. A `~` is the user's home: where a file of CI sets the variable, no
        shell has expanded it. Raises HomeUnknown."""
        named = os.environ.get("SLUGC_HOME")
        if named:
            return cls(expanded(named).absolute())
        from platformdirs import user_data_path

        try:
            return cls(user_data_path("slugc"))
        except RuntimeError as error:
            raise HomeUnknown from error

    @property
    def slugs(self) -> Path:
        """Slug files by content digest: slugs/<digest>.slug."""
        return self.root / "slugs"

    @property
    def trees(self) -> Path:
        """Unpacked slugs by content digest, shared read-only by all dynos."""
        return self.root / "trees"

    @property
    def buildpacks(self) -> Path:
        """Fetched buildpacks by tree digest."""
        return self.root / "buildpacks"

    @property
    def cache(self) -> Path:
        """Build caches, one folder per app and buildpack."""
        return self.root / "cache"

    @property
    def runtimes(self) -> Path:
        """Language runtimes by content."""
        return self.root / "runtimes"

    @property
    def stacks(self) -> Path:
        return self.root / "stacks"

    @property
    def work(self) -> Path:
        """Scratch of running builds and dynos, on the same file system as `trees`, so that rename works."""
        return self.root / "work"

    @property
    def trash(self) -> Path:
        """What gc deletes later: deleting a big tree slows the making of files for minutes (ext4)."""
        return self.root / "trash"

    @property
    def state(self) -> Path:
        """The platform's database, socket, add-on data and logs."""
        return self.root / "state"
