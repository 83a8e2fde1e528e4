"""deps.edn: resolved by Clojure's own tools.deps, a library of Maven's repository, without its shell scripts."""

import re
from pathlib import Path

from slugc_buildpack import children, transcript
from slugc_buildpack.build import Build
from slugc_clojure import classpath, stable
from slugc_clojure.detection import TOOLS
from slugc_jvm import maven
from slugc_jvm.maven import Tool
from slugc_jvm.tooling import Bench

DEPS = Tool(
    name="tools.deps",
    wanted=("org.clojure:tools.deps:0.21.1467", "org.slf4j:slf4j-nop:1.7.36"),
    transitive=True,
)
_SCRIPT = Path(__file__).resolve().parent / "resolve.clj"


def prepare(bench: Bench, build: Build) -> list[Path]:
    return maven.jars(DEPS, bench, build)


def build_app(bench: Bench, build: Build, tool: list[Path]) -> None:
    """`uber` of build.clj where the app has one; else the jars of the class path, collected."""
    if _has_uber(build.app):
        transcript.step("Building with tools.build: uber of build.clj")
        found = _resolve(["--tool", "build"], bench, build, tool)
        argv = [
            *_java(bench),
            "-cp",
            ":".join(_paths(found)),
            "clojure.main",
            "-e",
            "((requiring-resolve 'build/uber) {})",
        ]
        # It compiles in a JVM of its own, which reads this variable and nothing else of ours.
        env = bench.env(build, stable.options("JDK_JAVA_OPTIONS", build))
        children.run(argv, env=env, cwd=build.app, keep=400)
        return
    aliases = [name for name in build.config.get("CLOJURE_ALIASES").replace(":", " ").replace(",", " ").split() if name]
    transcript.step("Resolving the dependencies of deps.edn")
    found = _resolve(aliases or ["*"], bench, build, tool)
    for alias, options in _options(found).items():
        transcript.detail(f"clojure -M:{alias} runs: {' '.join(options)}")
    classpath.write(_paths(found), build, _options(found))


def _has_uber(app: Path) -> bool:
    script = app / "build.clj"
    declared = (app / TOOLS).read_text(encoding="utf-8", errors="replace")
    return (
        script.is_file()
        and re.search(r":build\s*\{", declared) is not None
        and re.search(r"\(defn\s+uber\b", script.read_text(encoding="utf-8", errors="replace")) is not None
    )


def _java(bench: Bench) -> list[str]:
    return [bench.program, *bench.options, "-XX:TieredStopAtLevel=1"]


def _resolve(aliases: list[str], bench: Bench, build: Build, tool: list[Path]) -> list[list[str]]:
    argv = [*_java(bench), "-cp", ":".join(map(str, tool)), "clojure.main", str(_SCRIPT), *aliases]
    mirror = maven.mirror(build)
    given = {"GITLIBS": str(bench.scratch / "home/.m2/gitlibs"), "MAVEN_MIRROR_URL": mirror}
    if mirror.startswith("http:"):  # tools.deps refuses plain http; here somebody has asked for it by name
        given["CLOJURE_CLI_ALLOW_HTTP_REPO"] = "true"
    env = bench.env(build, given)
    lines = children.run(argv, env=env, cwd=build.app, keep=4000, quiet=True)
    return [line.split("\t") for line in lines if "\t" in line]


def _paths(found: list[list[str]]) -> list[str]:
    return [fields[1] for fields in found if fields[0] == "path"]


def _options(found: list[list[str]]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for fields in found:
        if fields[0] == "option":
            options.setdefault(fields[1], []).append(fields[2])
    return options
