"""Source `mirror`: a TOML inventory of archives with their digests, at a path, file:, http: or https: URL.

[[artifacts]]
language = "node"            version = "22.11.0"
os = "linux"                 arch = "x86_64"
url = "node-v22.11.0.tar.xz" checksum = "sha256:..."     # url may be relative to the inventory
strip = 1                    # leading folders of the archive to drop; 1 where it is left out
distro = "debian-12"         # optional: only for this stack; glibc = "2.28" (optional): the oldest it runs on
"""

import tempfile
import tomllib
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slugc_buildpack import versions
from slugc_buildpack.build import Build
from slugc_buildpack.runtimes import archives, downloads
from slugc_buildpack.runtimes.contract import Artifact, Unavailable
from slugc_buildpack.versions import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSource:
    language: str
    name: str = "mirror"

    def find(self, spec: Spec, build: Build) -> Artifact:
        located = build.environ.get("SLUGC_RUNTIME_MIRROR", "")
        if not located:
            raise Unavailable("no inventory is named (SLUGC_RUNTIME_MIRROR)", unused=True)
        base = located if "://" in located else Path(located).absolute().as_uri()
        fitting = {
            str(item["version"]): item for item in self._inventory(base, build) if _fits(item, self.language, build)
        }
        version = versions.newest(fitting, spec)
        if version is None:
            raise Unavailable("its inventory has no such version", offers=tuple(sorted(fitting, key=versions.numbers)))
        item = fitting[version]
        if ":" not in str(item.get("checksum", "")):
            raise Unavailable(f"its inventory gives no checksum for {version}")
        url = urllib.parse.urljoin(base, str(item["url"]))
        return Artifact(
            language=self.language,
            version=version,
            source=self.name,
            uri=url if "://" in str(item["url"]) else str(item["url"]),
            digest=str(item["checksum"]),
            details={"url": url, "strip": str(item.get("strip", 1))},
        )

    def fetch(self, artifact: Artifact, into: Path, build: Build) -> str:
        with tempfile.TemporaryDirectory(dir=_scratch(build)) as folder:
            archive = Path(folder, urllib.parse.urlsplit(artifact.details["url"]).path.rpartition("/")[2] or "archive")
            digest = downloads.fetch(artifact.details["url"], archive, digest=artifact.digest, build=build)
            if archive.suffix in {".zip", ".whl", ".jar"}:
                archives.unpack_zip(archive, into)
            else:
                archives.unpack_tar(archive, into, strip=int(artifact.details["strip"]))
        return digest

    def _inventory(self, url: str, build: Build) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory(dir=_scratch(build)) as folder:
            kept = Path(folder, "inventory.toml")
            downloads.fetch(url, kept, build=build)
            try:
                found = tomllib.loads(kept.read_text(encoding="utf-8")).get("artifacts", [])
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise Unavailable(f"its inventory is no TOML: {error}") from error
        return [item for item in found if isinstance(item, dict) and {"language", "version", "url"} <= item.keys()]


def _fits(item: dict[str, Any], language: str, build: Build) -> bool:
    stack = build.stack
    return (
        item["language"] == language
        and item.get("os", "linux") == "linux"
        and item.get("arch", stack.arch) in {stack.arch, stack.deb_arch}
        and item.get("distro", f"{stack.distro}-{stack.version}") == f"{stack.distro}-{stack.version}"
        and versions.numbers(str(item.get("glibc", "0"))) <= versions.numbers(stack.glibc)
    )


def _scratch(build: Build) -> Path:
    folder = build.runtimes / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
