"""gem_source.py lock|vendor|serve [FOLDER]: gives a Ruby app its Gemfile.lock, and a place that its gems come from.

The gems are real: made again from the suite's own packages, as no gem registry is asked by these tests. `lock` writes
Gemfile.lock in the working folder; `vendor` copies the locked gems to vendor/cache as well; `serve` copies the whole
mirror, with its index, to FOLDER.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "buildpacks/_shared"), str(ROOT / "buildpacks/ruby/lib")]

from slugc.testing.loopback import served  # noqa: E402 - the folders stand above
from slugc_buildpack.build import Build  # noqa: E402 - the folders stand above
from slugc_buildpack.runtimes import archives, install, store  # noqa: E402
from slugc_buildpack.runtimes.apt import Apt  # noqa: E402
from slugc_buildpack.versions import Anything  # noqa: E402
from slugc_ruby import lockfile, recipe  # noqa: E402

SINATRA = ("ruby-sinatra", "ruby-rack", "ruby-rack-protection", "ruby-mustermann", "ruby-tilt", "ruby-ruby2-keywords")
RAILS = (
    *("ruby-railties", "ruby-actionpack", "ruby-actionview", "ruby-activesupport", "ruby-builder", "ruby-concurrent"),
    *("ruby-crass", "ruby-erubi", "ruby-i18n", "ruby-loofah", "ruby-method-source", "ruby-minitest", "ruby-nokogiri"),
    *("ruby-rack-test", "ruby-rails-dom-testing", "ruby-rails-html-sanitizer", "ruby-thor", "ruby-tzinfo"),
    *("ruby-zeitwerk", "ruby-racc", "ruby-mini-portile2"),
)
PACKAGES = (*SINATRA, *RAILS, "ruby-webrick", "rake")


def main(mode: str, folder: str | None = None) -> None:
    kept = Path(os.environ.get("SLUGC_TEST_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    build = Build.from_arguments([".", str(kept / "slugc-tests/gems")], {**os.environ, "SLUGC_RUNTIME_SOURCE": "apt"})
    ruby = install.obtain(recipe.RECIPE, Anything(), build)
    env = {**os.environ, "PATH": f"{ruby.tree / 'bin'}{os.pathsep}{os.environ['PATH']}", "LANG": "C.UTF-8"}
    env |= {"BUNDLE_SILENCE_ROOT_WARNING": "1", "BUNDLE_USER_HOME": str(build.cache / "bundler")}
    env |= {"GEM_SPEC_CACHE": str(build.cache / "specs"), "BUNDLE_GEMFILE": str(Path("Gemfile").absolute())}
    with store.locked(build.cache / "mirror.lock"):
        gems = mirror(build, build.cache / f"mirror-{ruby.key}-{made_by()}", env)
        with served(gems) as url:
            argv = ("bundle", "lock", "--lockfile", "Gemfile.lock")
            subprocess.run(argv, env={**env, "BUNDLE_MIRROR__ALL": url}, check=True)
    if mode == "vendor":
        Path("vendor/cache").mkdir(parents=True)
        for name in lockfile.read(Path()).files:
            shutil.copy2(gems / "gems" / f"{name}.gem", "vendor/cache")
    if mode == "serve" and folder:
        shutil.copytree(gems, folder, dirs_exist_ok=True)


def made_by() -> str:
    """Names what these scripts make: a mirror that an older form of them left is not this one."""
    sources = [
        Path(__file__),
        HERE / "rebuild_gem.rb",
        *sorted(path for path in HERE.glob("gems/**/*") if path.is_file()),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def mirror(build: Build, folder: Path, env: dict[str, str]) -> Path:
    """The gems and their index, made once for each build of Ruby."""
    if folder.is_dir():
        return folder
    staged = folder.with_suffix(".staged")
    shutil.rmtree(staged, ignore_errors=True)
    (staged / "gems").mkdir(parents=True)
    debs = staged / "debs"
    debs.mkdir()
    apt = Apt.ready(build)
    for deb in apt.download([name for name in PACKAGES if apt.candidate(name)], debs):
        unpacked = debs / deb.name.removesuffix(".deb")
        archives.unpack_deb(deb, unpacked)
        argv = ("ruby", str(HERE / "rebuild_gem.rb"), str(unpacked), str(staged / "gems"))
        subprocess.run(argv, env=env, check=True)
    for spec in sorted(HERE.glob("gems/*/*.gemspec")):
        argv = ("gem", "build", spec.name, "--output", str(staged / "gems" / f"{spec.stem}-1.0.0.gem"))
        subprocess.run(argv, cwd=spec.parent, env=env, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(debs)
    subprocess.run(("gem", "generate_index", "-d", str(staged)), env=env, check=True, stdout=subprocess.DEVNULL)
    staged.rename(folder)
    return folder


if __name__ == "__main__":
    main(*sys.argv[1:])
