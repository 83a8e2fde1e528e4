"""Leiningen: one jar, from the stack's suite or this machine, run by the build's own Java."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from slugc_buildpack import children, transcript
from slugc_buildpack.build import Build
from slugc_buildpack.runtimes import install as runtimes
from slugc_buildpack.runtimes.apt import AptSource
from slugc_buildpack.runtimes.contract import Recipe
from slugc_buildpack.runtimes.host import HostSource, Installation
from slugc_buildpack.runtimes.mirror import MirrorSource
from slugc_buildpack.versions import Anything
from slugc_clojure import classpath, stable
from slugc_clojure.detection import LEIN
from slugc_jvm import maven
from slugc_jvm.tooling import Bench

_INIT = Path(__file__).resolve().parent / "init.clj"
_JAR = re.compile(r"leiningen-([\d.]+)(?:-standalone)?\.jar")


def _take(prefix: Path, tree: Path, version: str, build: Build) -> None:
    del build
    found = next(path for path in _jars(prefix) if version in path.name)
    shutil.copyfile(found, tree / f"leiningen-{version}.jar")


def _jars(prefix: Path) -> Iterator[Path]:
    for folder in (prefix / "usr/share/java", prefix / "share/java"):
        yield from (path for path in sorted(folder.glob("leiningen-*.jar")) if _JAR.fullmatch(path.name))


def _installations(build: Build) -> Iterator[Installation]:
    del build
    for prefix in (Path("/usr/local"), Path("/usr")):
        for path in _jars(prefix):
            match = _JAR.fullmatch(path.name)
            if match:
                yield Installation(version=match[1], prefix=prefix)


RECIPE = Recipe(
    language="leiningen",
    title="Leiningen",
    sources=(
        MirrorSource(language="leiningen"),
        AptSource(
            language="leiningen",
            pattern="(leiningen)",
            packages=lambda series, build: (series,),  # noqa: ARG005 - one package in every suite
            layout=_take,
        ),
        HostSource(language="leiningen", installations=_installations, layout=_take),
    ),
)


def prepare(bench: Bench, build: Build) -> list[Path]:
    """Its jar, from whichever source has it. Raises Problem."""
    del bench
    installed = runtimes.obtain(RECIPE, Anything(), build, wanted_by=LEIN)
    return sorted(installed.tree.glob("*.jar"))


def build_app(bench: Bench, build: Build, tool: list[Path]) -> None:
    """An uberjar where the app names one; else compiled classes, with the jars they need beside them."""
    text = (build.app / LEIN).read_text(encoding="utf-8", errors="replace")
    wanted = build.config.get("LEIN_BUILD_TASK")
    words = shlex.split(wanted) or (["uberjar"] if ":uberjar-name" in text else _COMPILE)
    transcript.step(f"Building with Leiningen: lein {' '.join(words)}")
    _lein(words, bench, build, tool)
    if words == _COMPILE:
        transcript.step("Collecting the class path")
        said = _lein(["with-profile", "production", "classpath"], bench, build, tool, quiet=True)
        classpath.write(said[-1].strip().split(":"), build)


_COMPILE = ["with-profile", "production", "compile", ":all"]


def write_command(bench: Bench, tool: list[Path]) -> Path:
    """A `lein` for scripts of the app: the folder that it lies in."""
    folder = bench.scratch / "bin"
    folder.mkdir(exist_ok=True)
    command = folder / "lein"
    words = shlex.join(_arguments(bench, tool))
    command.write_text(f'#!/bin/bash\nexec {words} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return folder


def _arguments(bench: Bench, tool: list[Path]) -> list[str]:
    return [
        *(bench.program, *bench.options, "-XX:+TieredCompilation", "-XX:TieredStopAtLevel=1"),
        *("-Dmaven.wagon.http.ssl.easy=false", "-Dmaven.wagon.rto=10000", "-Dleiningen.script=lein"),
        *("-classpath", ":".join(map(str, tool)), "clojure.main", "-m", "leiningen.core.main"),
    ]


def _lein(words: list[str], bench: Bench, build: Build, tool: list[Path], *, quiet: bool = False) -> list[str]:
    home = bench.scratch / "lein"
    home.mkdir(exist_ok=True)
    shutil.copyfile(_INIT, home / _INIT.name)
    extra = {
        **stable.options("JVM_OPTS", build),
        "LEIN_HOME": str(home),
        "LEIN_NO_DEV": "1",
        "LEIN_NO_USER_PROFILES": "1",
        "LEIN_SILENT": "1" if quiet else "",
        "LEIN_OFFLINE": "1" if build.offline else "",
        "LEIN_JAVA_CMD": bench.program,
        "MAVEN_MIRROR_URL": maven.mirror(build),
    }
    env = {name: value for name, value in bench.env(build, extra).items() if value}
    return children.run([*_arguments(bench, tool), *words], env=env, cwd=build.app, keep=400, quiet=quiet)
