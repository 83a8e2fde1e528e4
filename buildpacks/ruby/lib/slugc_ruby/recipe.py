"""Ruby as a relocatable tree at .heroku/ruby: an archive of a mirror, the suite's packages, or this machine's."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from slugc_buildpack import children, elf, trees
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_buildpack.runtimes.apt import AptSource
from slugc_buildpack.runtimes.contract import Artifact, Recipe, Unavailable
from slugc_buildpack.runtimes.host import HostSource, Installation, mounted
from slugc_buildpack.runtimes.mirror import MirrorSource
from slugc_buildpack.runtimes.normalise import set_runpath

TARGET = ".heroku/ruby"
REAL = "libexec/ruby"
"""The program itself; bin/ruby is the script that tells it where its library is."""
_LAUNCHER = Path(__file__).resolve().parents[2] / "launcher.sh"
# Type checkers, debuggers and caches: a third of an installation, and nothing that a bundle may use.
_DROPPED_GEMS = ("debug", "rbs", "typeprof")


def _packages(series: str, build: Build) -> tuple[str, ...]:
    del build
    # libruby carries RubyGems, Bundler and the bundled gems as the Ruby project ships them. The suite's own
    # ruby-rubygems replaces paths by Debian's, and its packaged gems would be seen by nobody.
    return f"ruby{series}", f"libruby{series}", f"ruby{series}-dev"


def _lay_out_debian(root: Path, tree: Path, version: str, build: Build) -> None:
    _take(root / "usr", tree, ".".join(version.split(".")[:2]), build)


def _take(prefix: Path, tree: Path, series: str, build: Build) -> None:
    """The parts of one Ruby out of a prefix that it may share with others."""
    triplet, abi = build.stack.multiarch, f"{series}.0"
    program = next((p for p in (prefix / f"bin/ruby{series}", prefix / "bin/ruby") if p.is_file()), None)
    if program is None or not (prefix / "lib/ruby" / abi / "rubygems.rb").is_file():
        raise Unavailable(f"what it has of Ruby {series} is not complete")
    _copy(program.resolve(), tree / "bin/ruby")
    parts = (
        *(f"lib/ruby/{abi}", f"lib/ruby/gems/{abi}", f"lib/{triplet}/ruby/{abi}"),
        *(f"include/ruby-{abi}", f"include/{triplet}/ruby-{abi}"),
    )
    for part in parts:
        if (prefix / part).is_dir():
            _copy((prefix / part).resolve(), tree / part)
    for library in sorted([*prefix.glob("lib/libruby*.so*"), *prefix.glob(f"lib/{triplet}/libruby*.so*")]):
        if re.match(rf"libruby(-{re.escape(series)})?\.so", library.name):
            _copy(library, tree / library.relative_to(prefix))
    for name in ("bundle", "bundler", "irb", "rake", "gem", "erb", "racc", "rdoc", "ri"):
        script = next((p for p in (prefix / f"bin/{name}{series}", prefix / "bin" / name) if p.is_file()), None)
        if script is not None:
            _copy(script.resolve(), tree / "bin" / name)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    trees.copy(source, target)


def _installations(build: Build) -> Iterator[Installation]:
    yield from mounted("ruby", build)
    for prefix in (Path("/usr/local"), Path("/usr")):
        for program in sorted(prefix.glob("bin/ruby*")):
            if re.fullmatch(r"ruby(\d\.\d)?", program.name) and not program.is_symlink():
                said = children.capture(
                    (str(program), "--disable-gems", "-e", "print RUBY_VERSION"), env=build.child_env(), timeout=60
                )
                if said.status == 0:
                    yield Installation(version=said.out.strip(), prefix=prefix)


def _copy_installation(prefix: Path, tree: Path, version: str, build: Build) -> None:
    _take(prefix, tree, ".".join(version.split(".")[:2]), build)


def _shape(tree: Path, artifact: Artifact, build: Build) -> None:
    config = next(iter(tree.glob("lib/**/rbconfig.rb")), None)
    if config is None:
        raise Unavailable(f"its {artifact.version} has no rbconfig.rb")
    _prune(tree)
    _settle_config(config)
    if not _relative(config):
        _wrap(tree, config, build)
    for script in sorted((tree / "bin").iterdir()):
        if script.name != "ruby":
            _find_ruby_by_path(script)


def _prune(tree: Path) -> None:
    gems = next(iter(tree.glob("lib/ruby/gems/*")), None)
    if gems is None:
        return
    for name in ("cache", "doc", "build_info"):
        trees.remove(gems / name)
    for name in _DROPPED_GEMS:
        for path in [*gems.glob(f"gems/{name}-[0-9]*"), *gems.glob(f"specifications/{name}-[0-9]*.gemspec")]:
            trees.remove(path)
        for path in gems.glob(f"extensions/*/*/{name}-[0-9]*"):
            trees.remove(path)
    for path in list(tree.rglob("rb_mjit_min_header-*.h")):  # 1.4 MB that only the JIT's own compiler reads
        path.unlink()


def _settle_config(config: Path) -> None:
    """What native extensions are compiled with: no debug information (it names folders), no suffix of Debian's."""
    text = config.read_text(encoding="utf-8", errors="surrogateescape")
    text = re.sub(r'("(?:ruby|RUBY)_(?:install_name|INSTALL_NAME)"\] = "\$\(RUBY_BASE_NAME\))[\d.]+"', r'\1"', text)
    text = re.sub(r'(CONFIG\["program_transform_name"\] = )".*"', r'\1"s,x,x,"', text)
    text = re.sub(r" ?-ffile-prefix-map=\S+?(?=[ '\"])", "", text)
    text = re.sub(r'(CONFIG\["(?:CFLAGS|CXXFLAGS)"\] = ")-g ', r"\1", text)
    text = re.sub(r'(CONFIG\["debugflags"\] = )".*"', r'\1""', text)
    config.write_text(text, encoding="utf-8", errors="surrogateescape")


def _relative(config: Path) -> bool:
    """Whether this Ruby finds its library by itself (--enable-load-relative)."""
    text = config.read_text(encoding="utf-8", errors="surrogateescape")
    return 'CONFIG["LIBRUBY_RELATIVE"] = "yes"' in text or "--enable-load-relative" in text


def _wrap(tree: Path, config: Path, build: Build) -> None:
    """The load path is compiled into libruby: a script says where it is now, whatever the environment holds."""
    program = tree / "bin/ruby"
    wanted = elf.needs(program)
    (tree / REAL).parent.mkdir(exist_ok=True)
    program.rename(tree / REAL)
    library = next((path for path in trees.walk(tree / "lib") if path.name.startswith("libruby")), None)
    if wanted and library and any(name.startswith("libruby") for name in wanted.libraries):
        runpath = f"$ORIGIN/../{library.parent.relative_to(tree)}"
        if not set_runpath(tree / REAL, runpath, build):
            raise Problem(
                "A Ruby of packages cannot be made to run elsewhere without patchelf",
                code="ruby.no-patchelf",
                evidence=f"bin/ruby looks for {library.name} in the system's folders",
                next_step="Install patchelf in the build stack, or name a mirror with SLUGC_RUNTIME_MIRROR.",
            )
    pure = next(path.parent for path in sorted(tree.glob("lib/ruby/*/rubygems.rb")))
    folders = [f"$root/{folder.relative_to(tree)}" for folder in (pure, config.parent)]
    text = _LAUNCHER.read_text(encoding="utf-8").replace("@FOLDERS@", ":".join(folders)).replace("@REAL@", REAL)
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)


def _find_ruby_by_path(script: Path) -> None:
    """bundle, irb, rake: found by PATH, as the profile script sets it."""
    if script.is_symlink() or elf.is_elf(script):
        return
    data = script.read_bytes()
    first, _, rest = data.partition(b"\n")
    if first.startswith(b"#!") and b"ruby" in first:
        script.write_bytes(b"#!/usr/bin/env ruby\n" + rest)
        script.chmod(0o755)


def library_folder(tree: Path) -> Path:
    """`.../lib/ruby/3.1.0`; its name is that of vendor/bundle/ruby/3.1.0 too."""
    return next(path.parent for path in sorted(tree.glob("lib/ruby/*/rubygems.rb")))


def drop_headers(tree: Path) -> None:
    """Only the build compiles against them: 3 MB that no dyno reads."""
    shutil.rmtree(tree / "include", ignore_errors=True)


RECIPE = Recipe(
    language="ruby",
    title="Ruby",
    sources=(
        MirrorSource(language="ruby"),
        AptSource(
            language="ruby",
            pattern=r"ruby(\d\.\d)",
            packages=_packages,
            layout=_lay_out_debian,
        ),
        HostSource(language="ruby", installations=_installations, layout=_copy_installation),
    ),
    shape=_shape,
    smoke=(
        ("bin/ruby", "-e", "require 'openssl'; require 'psych'; require 'zlib'; require 'bundler'; require 'json'"),
    ),
    revision="1",
)
