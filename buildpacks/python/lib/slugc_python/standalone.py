"""Source `standalone`: the relocatable CPython builds that uv knows, at the addresses and digests uv knows.

UV_PYTHON_INSTALL_MIRROR names another place for them.
"""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack import children, trees, versions
from slugc_buildpack.build import Build
from slugc_buildpack.runtimes.contract import Artifact, Unavailable
from slugc_buildpack.runtimes.downloads import UNREACHABLE_SECONDS
from slugc_buildpack.runtimes.normalise import rewrite_prefix
from slugc_buildpack.versions import Spec

_MARK = "unreachable-standalone"
PREFIX = "/app/.heroku/python"
"""What sysconfig says wherever the tree is: a path of the machine that built it must not stay."""


@dataclass(frozen=True, slots=True)
class StandaloneSource:
    name: str = "standalone"

    def find(self, spec: Spec, build: Build) -> Artifact:
        mark = build.state / _MARK
        if mark.exists() and 0 <= time.time() - mark.stat().st_mtime < UNREACHABLE_SECONDS:
            raise Unavailable("its archive could not be reached a few minutes ago")
        listed = self._uv(build, "list", "--all-versions", "--only-downloads", "--output-format", "json")
        found = {
            str(item["version"]): item
            for item in json.loads(listed)
            if item["implementation"] == "cpython" and item["variant"] == "default"
        }
        version = versions.newest(found, spec)
        if version is None:
            raise Unavailable("uv knows no such build")
        return Artifact(
            language="python",
            version=version,
            source=self.name,
            uri=f"standalone:{str(found[version]['url']).rpartition('/')[2]}",
            details={"key": str(found[version]["key"])},
        )

    def fetch(self, artifact: Artifact, into: Path, build: Build) -> str:
        scratch = build.runtimes / "scratch"
        scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            try:
                self._uv(build, "install", artifact.details["key"], "--install-dir", folder, "--no-bin")
            except Unavailable:
                if not build.offline:
                    build.state.mkdir(parents=True, exist_ok=True)
                    (build.state / _MARK).touch()
                raise
            made = Path(folder, artifact.details["key"])
            into.rmdir()
            trees.copy(made, into)
            rewrite_prefix(into, str(made), PREFIX)
        return f"sha256:{trees.digest(into)}"

    def _uv(self, build: Build, *arguments: str) -> str:
        uv = build.tool("uv")
        if uv is None:
            raise Unavailable("uv is not there")
        names = ("UV_PYTHON_INSTALL_MIRROR", "UV_PYTHON_DOWNLOADS_JSON_URL")
        env = build.child_env({name: build.environ[name] for name in names if name in build.environ})
        # Its three tries take 8 s where there is no way out; the chain has other sources.
        env |= {"UV_HTTP_RETRIES": "0", "UV_CACHE_DIR": str(build.runtimes / "uv"), "UV_NO_CONFIG": "1"}
        done = children.capture((uv, "python", *arguments), env=env, timeout=600)
        if done.status:
            causes = [line.strip() for line in done.err.splitlines() if line.strip()]
            raise Unavailable(causes[-1].removeprefix("cause: ") if causes else f"uv ended with {done.status}")
        return done.out
