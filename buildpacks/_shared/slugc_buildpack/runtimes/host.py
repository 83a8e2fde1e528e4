"""Source `host`: a copy of what this machine has installed. The last resort: it works, and it is warned of."""

import errno
import os
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack import versions
from slugc_buildpack.build import Build
from slugc_buildpack.runtimes.contract import Artifact, Unavailable
from slugc_buildpack.versions import Spec

_FOLDER = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    version: str
    prefix: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSource:
    language: str
    installations: Callable[[Build], Iterable[Installation]]
    """What is installed here; each with its exact version."""
    exclude: tuple[str, ...] = ()
    """Patterns for tar's --exclude: what is not worth copying or must not travel."""
    layout: Callable[[Path, Path, str, Build], None] | None = None
    """(prefix, empty tree, version, build): copies another way than the whole prefix."""
    name: str = "host"

    def find(self, spec: Spec, build: Build) -> Artifact:
        found = {one.version: one for one in reversed(list(self.installations(build)))}
        version = versions.newest(found, spec)
        if version is None:
            offers = tuple(sorted(found, key=versions.numbers))
            raise Unavailable("this machine has no such version", offers=offers)
        return Artifact(
            language=self.language,
            version=version,
            source=self.name,
            uri=f"host:{self.language}-{version}",
            details={"prefix": str(found[version].prefix)},
        )

    def fetch(self, artifact: Artifact, into: Path, build: Build) -> str:
        from slugc_buildpack import trees

        prefix = Path(artifact.details["prefix"])
        if self.layout is not None:
            self.layout(prefix, into, artifact.version, build)
        else:
            copy_pruned(prefix, into, self.exclude)
        return f"sha256:{trees.digest(into)}"


def copy_pruned(prefix: Path, into: Path, exclude: Iterable[str]) -> None:
    """Copy a tree without what matches a pattern (tar's --exclude, wildcards match slashes)."""
    options = [f"--exclude={pattern}" for pattern in exclude]
    with subprocess.Popen(["tar", *options, "-C", str(prefix), "-cf", "-", "."], stdout=subprocess.PIPE) as pack:
        unpack = subprocess.run(
            ["tar", "-C", str(into), "-xf", "-"], stdin=pack.stdout, capture_output=True, check=False
        )
    if unpack.returncode:
        said = unpack.stderr.decode("utf-8", "replace").strip()
        if os.strerror(errno.ENOSPC) in said:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(into))
        raise Unavailable(f"the copy failed: {said.partition(chr(10))[0]}")  # a line for each file may follow


def mounted(language: str, build: Build) -> list[Installation]:
    """The installations a runner shows (SLUGC_HOSTS_LANGUAGE, prefixes joined by colons). The last folder of
    each names its version, as pyenv's and uv's folders do."""
    found = []
    for prefix in build.environ.get(f"SLUGC_HOSTS_{language.upper()}", "").split(":"):
        match = _FOLDER.search(Path(prefix).name)
        if match:
            found.append(Installation(version=match[0], prefix=Path(prefix)))
    return found
