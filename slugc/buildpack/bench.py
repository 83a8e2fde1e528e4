"""Where the scripts of a classic buildpack find things: fixed paths inside, and the environment that names them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slugc.buildpack import builtin, tools
from slugc.buildpack.contract import Exports, Workshop
from slugc.host import inside
from slugc.model.buildpack import Buildpack
from slugc.model.mount import Mount, overlay, read_only, scratch, writable

# Constant, though the reference platform draws a new number each time: buildpacks write it into files, and the
# same source must give the same slug.
BUILD_DIR = "/tmp/build_5b1f0c9e37ad4826"
CACHE_DIR = "/tmp/codon/tmp/cache"
ENV_DIR = "/tmp/env"
PACKS = "/tmp/codon/tmp/buildpacks"
OUT = "/tmp/slugc"
APP = "/app"
LAYERS = "/layers"
SHARED = "/opt/slugc/shared"
TOOLS = "/opt/slugc/tools/bin"
RUNTIMES = "/opt/slugc/runtimes"
HOSTS = "/opt/slugc/hosts"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FIXED = frozenset({"BUILD_DIR", "CACHE_DIR", "ENV_DIR", "STACK", "SOURCE_VERSION", "REQUEST_ID", "SOURCE_DATE_EPOCH"})
"""Variables that an `export` script cannot change for those who come after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One buildpack's paths in one build."""

    buildpack: Buildpack
    copy: Path
    """The buildpack's own copy: it may write into itself (`export`)."""
    shop: Workshop
    build_dir: str

    @property
    def root(self) -> str:
        return f"{PACKS}/{self.buildpack.digest[:40]}"

    @property
    def cache(self) -> Path:
        return self.shop.cache / cache_key(self.buildpack)

    @property
    def out(self) -> Path:
        return self.shop.scratch / "out"

    def mounts(self, exports: Exports, *, throw_away: bool = False) -> tuple[Mount, ...]:
        """The file system besides the stack's; `throw_away`: what is written to the tree is forgotten."""
        shop = self.shop
        home, tmp = shop.scratch / "home", shop.scratch / "tmp"
        for folder in (home, tmp, self.out, self.cache, shop.scratch / "env", shop.runtimes):
            folder.mkdir(parents=True, exist_ok=True)

        def tree(target: str) -> Mount:
            return overlay(shop.app, target) if throw_away and shop.walls else writable(shop.app, target)

        # Without walls /tmp stays the system's: rewriting it would also rewrite real paths that lie below it.
        mounts = [writable(tmp, "/tmp")] if shop.walls else []
        mounts.append(tree(BUILD_DIR))
        if self.build_dir == APP:
            mounts.append(tree(APP))
        else:
            mounts.append(writable(home, APP))
            mounts += [
                read_only(shop.app / prefix, f"{APP}/{prefix}")
                for prefix in exports.prefixes
                if inside.real_folder(shop.app, prefix) and not _has_link(home, prefix)
            ]
        mounts += [
            writable(self.cache, CACHE_DIR),
            read_only(shop.scratch / "env", ENV_DIR),
            writable(self.copy, self.root),
            writable(self.out, OUT),
        ]
        if self.buildpack.builtin:
            mounts += [read_only(builtin.folder() / builtin.SHARED, SHARED), writable(shop.runtimes, RUNTIMES)]
            mounts += tools.mounts(TOOLS, folder=shop.scratch / "tools", walls=shop.walls)
            mounts += [mount for _, shown in self._interpreters() for mount in shown]
        layers = shop.scratch / "layers"
        if layers.is_dir():  # of Cloud Native buildpacks before this one: their variables name it
            mounts.append(read_only(layers, LAYERS))
        return (*mounts, *shop.mounts)

    def environment(self, exports: Exports) -> dict[str, str]:
        """By allow-list: nothing of the caller's own but what `shop.environment` hands on. Config vars are not
        here; they lie in ENV_DIR."""
        shop = self.shop
        env = {
            **shop.environment,
            "PATH": PATH,
            "HOME": APP,
            "STACK": shop.stack.name,
            "SOURCE_VERSION": shop.source_version,
            "REQUEST_ID": f"build-{shop.source_version[:12]}",
            "SOURCE_DATE_EPOCH": str(max(shop.mtime, 315_532_800)),
            "BUILD_DIR": self.build_dir,
            "CACHE_DIR": CACHE_DIR,
            "ENV_DIR": ENV_DIR,
        }
        if not shop.walls:
            env["TMPDIR"] = str(shop.scratch / "tmp")
        env |= {name: value for name, value in exports.env.items() if name not in FIXED}
        return env | (self._builtin_environment() if self.buildpack.builtin else {})

    @property
    def _language(self) -> str:
        return self.buildpack.id.removeprefix(builtin.PREFIX)

    def _interpreters(self) -> list[tuple[str, list[Mount]]]:
        prefixes = self.shop.interpreters.get(self._language, ())
        targets = [(prefix, f"{HOSTS}/{self._language}/{prefix.name}") for prefix in prefixes]
        return [(target, _without_packages(prefix, target)) for prefix, target in targets]

    def _builtin_environment(self) -> dict[str, str]:
        shop, stack = self.shop, self.shop.stack
        env = {
            "SLUGC_SHARED": SHARED,
            "SLUGC_TOOLS": TOOLS,
            "SLUGC_RUNTIMES": RUNTIMES,
            "SLUGC_FACTS": f"{OUT}/facts.json",
            "SLUGC_STACK_DISTRO": stack.distro,
            "SLUGC_STACK_VERSION": stack.distro_version,
            "SLUGC_STACK_GLIBC": stack.glibc,
        }
        if self._interpreters():
            env[f"SLUGC_HOSTS_{self._language.upper()}"] = ":".join(target for target, _ in self._interpreters())
        if shop.runtime_source:
            env["SLUGC_RUNTIME_SOURCE"] = shop.runtime_source
        if not shop.network:
            env["SLUGC_OFFLINE"] = "1"
        return {name: value for name, value in env.items() if value}


def _without_packages(prefix: Path, target: str) -> list[Mount]:
    """An interpreter's prefix, its installed packages covered: they are the user's own affair."""
    folders = sorted(prefix.glob("lib/python*/site-packages"))
    return [read_only(prefix, target), *(scratch(f"{target}/{folder.relative_to(prefix)}") for folder in folders)]


def cache_key(buildpack: Buildpack) -> str:
    """A folder's name for a buildpack's cache; its version is not in it, for a cache must outlive an update."""
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in buildpack.id).strip(".") or "buildpack"


def build_dir_of(descriptor: Mapping[str, Any]) -> str:
    """`[metadata.slugc] build-dir` of a built-in buildpack's buildpack.toml."""
    metadata = descriptor.get("metadata")
    own = metadata.get("slugc") if isinstance(metadata, dict) else None
    return APP if isinstance(own, dict) and own.get("build-dir") == APP else BUILD_DIR


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """A small JSON object that a child wrote; empty where there is none or it is garbage."""
    data = inside.read(folder, name)
    try:
        value = json.loads(data) if data else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _has_link(root: Path, path: str) -> bool:
    """True where a part of `path` stands in `root` already and is no plain folder: nothing is mounted over it."""
    place = root
    for part in path.split("/"):
        place /= part
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            return True
    return False
