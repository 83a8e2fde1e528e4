"""The gems: installed by the Ruby's own Bundler as Gemfile.lock says, into vendor/bundle, without leftovers."""

import os
import re
from pathlib import Path

from slugc_buildpack import children, elf, trees
from slugc_buildpack.build import Build, find_tool
from slugc_ruby.lockfile import Lock
from slugc_ruby.recipe import TARGET, library_folder

BUNDLE = "vendor/bundle"
CACHE = "vendor/cache"
WITHOUT = "development:test"
# Variables that would lead Ruby or Bundler elsewhere, whoever set them.
_LEFT_OUT = ("GEM_HOME", "GEM_PATH", "RUBYLIB", "RUBYOPT", "BUNDLE_BIN", "BUNDLE_BIN_PATH", "BUNDLE_FROZEN")
_MIRRORS = ("BUNDLE_MIRROR__ALL", "BUNDLE_SSL_CA_CERT")
# What a native extension's build leaves: logs with clocks and paths, object files, the makefile.
_LEFTOVERS = ("mkmf.log", "gem_make.out", "Makefile", "*.o", "*.time")
_COPIED = "*.so"
"""The extension itself stands in lib/ and in extensions/; where it was compiled it is of no use."""


def bundler_version(build: Build) -> str:
    """Of the Bundler inside this Ruby. Another one is not fetched: what the slug has is what ran the build."""
    folder = library_folder(build.app / TARGET).parent / "gems"
    found = next(iter(sorted(folder.glob("*/specifications/default/bundler-*.gemspec"))), None)
    return found.stem.removeprefix("bundler-") if found else ""


def vendored(app: Path, lock: Lock) -> bool:
    """Whether vendor/cache holds every gem of the lock file that a registry would serve."""
    kept = {path.stem for path in (app / CACHE).glob("*.gem")}
    return bool(kept) and all(name in kept for name in lock.files)


def environment(build: Build) -> dict[str, str]:
    """For Bundler and the app's own tasks: config vars, and over them what this buildpack decides."""
    tree = build.app / TARGET
    home = build.runtimes / "bundler"
    base = build.child_env({name: build.environ[name] for name in _MIRRORS if build.environ.get(name)})
    env = build.config.for_child(base)
    for name in _LEFT_OUT:
        env.pop(name, None)
    gems = build.app / BUNDLE / "ruby" / library_folder(tree).name
    env["PATH"] = os.pathsep.join([str(tree / "bin"), str(gems / "bin"), base["PATH"]])
    env |= {
        "BUNDLE_GEMFILE": str(build.app / "Gemfile"),
        "BUNDLE_PATH": BUNDLE,
        "BUNDLE_DEPLOYMENT": "1",
        "BUNDLE_GLOBAL_PATH_APPENDS_RUBY_SCOPE": "1",
        # The app's own .bundle/config is of the machine where it was written.
        "BUNDLE_APP_CONFIG": str(build.cache / "ruby/no-config"),
        # HOME is the app: Bundler and RubyGems would leave their indexes in the slug.
        "BUNDLE_USER_HOME": str(home),
        "BUNDLE_USER_CACHE": str(home / "cache"),
        "GEM_SPEC_CACHE": str(home / "specs"),
        "BUNDLE_SILENCE_ROOT_WARNING": "1",
        "BUNDLE_IGNORE_FUNDING_REQUESTS": "1",
        "BUNDLE_DISABLE_VERSION_CHECK": "1",
        "BUNDLE_SUPPRESS_INSTALL_USING_MESSAGES": "1",
        # Otherwise it fetches the one that Gemfile.lock names, and starts that.
        "BUNDLER_VERSION": bundler_version(build),
    }
    env.setdefault("BUNDLE_WITHOUT", WITHOUT)
    env.setdefault("BUNDLE_JOBS", str(os.cpu_count() or 1))
    env.setdefault("BUNDLE_RETRY", "1")
    env.setdefault("BUNDLE_TIMEOUT", "15")
    env.setdefault("NOKOGIRI_USE_SYSTEM_LIBRARIES", "1")
    env.setdefault("RACK_ENV", "production")
    env.setdefault("RAILS_ENV", env["RACK_ENV"])
    return env


def install(build: Build, *, local: bool) -> None:
    """local: everything is in vendor/cache, and no source is asked. Raises ChildFailed."""
    argv = ("bundle", "install", "--local") if local else ("bundle", "install")
    children.run(argv, env=environment(build), cwd=build.app, keep=120)


def clean(build: Build) -> None:
    """Take out what an earlier lock file had installed. Raises ChildFailed."""
    children.run(("bundle", "clean", "--force"), env=environment(build), cwd=build.app)


def settle(build: Build) -> None:
    """Take the clock, this machine's paths and the build's leftovers out of what was installed."""
    for home in (build.app / BUNDLE / "ruby").glob("*"):
        for name in ("cache", "doc", "build_info"):
            trees.remove(home / name)
        for gem in [*home.glob("gems/*"), *home.glob("bundler/gems/*")]:
            if (gem / "ext").is_dir():
                _drop(gem / "ext", *_LEFTOVERS, _COPIED)
            trees.remove(gem / ".git")  # Bundler wrote the gemspec out: nothing asks git again
        _drop(home / "extensions", *_LEFTOVERS)
        strip = find_tool("strip", build.environ)
        for path in trees.walk(home):
            if path.suffix == ".so" and strip and elf.is_elf(path):
                children.capture((strip, "--strip-unneeded", str(path)), env=build.child_env(), timeout=60)
        for script in (home / "bin").glob("*"):
            _find_ruby_by_path(script)
    trees.remove(build.app / BUNDLE / ".bundle")


def _drop(folder: Path, *patterns: str) -> None:
    for pattern in patterns:
        for path in list(folder.rglob(pattern)):
            # A Makefile that came with the gem has a template or an extconf.rb beside it too: nothing reads it again.
            if path.is_file():
                path.unlink()


def _find_ruby_by_path(script: Path) -> None:
    data = script.read_bytes()
    if re.match(rb"#!\S*/ruby\b", data):
        script.write_bytes(b"#!/usr/bin/env ruby\n" + data.partition(b"\n")[2])
