"""What the dyno's shell learns: .profile.d/ruby*.sh; and `export` for later buildpacks."""

import shlex
from pathlib import Path

from slugc_buildpack import profile
from slugc_buildpack.build import Build
from slugc_ruby import installs
from slugc_ruby.lockfile import Lock
from slugc_ruby.processes import is_rails
from slugc_ruby.recipe import TARGET, library_folder

_ROOT = Path(__file__).resolve().parents[2]


def write(build: Build, lock: Lock) -> None:
    folder = build.app / ".profile.d"
    folder.mkdir(exist_ok=True)
    names = ("ruby.sh", "ruby_rails.sh") if is_rails(lock) else ("ruby.sh",)
    for name in names:
        text = (_ROOT / "profile" / name).read_text(encoding="utf-8")
        text = text.replace("@ABI@", library_folder(build.app / TARGET).name)
        text = text.replace("@BUNDLER@", installs.bundler_version(build))
        text = text.replace("@WITHOUT@", installs.environment(build)["BUNDLE_WITHOUT"])
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o644)


def write_export(build: Build) -> None:
    """`export` beside this buildpack's own copy: the following buildpacks find this Ruby and its gems first."""
    abi = library_folder(build.app / TARGET).name
    folders = (build.app / TARGET / "bin", build.app / installs.BUNDLE / "ruby" / abi / "bin")
    path = ":".join(shlex.quote(str(folder)) for folder in folders)
    env = installs.environment(build)
    names = ("BUNDLE_GEMFILE", "BUNDLE_PATH", "BUNDLE_DEPLOYMENT", "BUNDLE_WITHOUT", "BUNDLER_VERSION")
    lines = [f'export PATH={path}:"$PATH"', *(f"export {name}={shlex.quote(env[name])}" for name in names)]
    profile.write_export(_ROOT, lines)
