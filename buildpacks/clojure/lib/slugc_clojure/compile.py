"""A Clojure app, compiled: read this page from top to bottom."""

from pathlib import Path
from typing import Any

from slugc_buildpack import children, transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_clojure import checks, classpath, complaints, leiningen, processes, stable, tools
from slugc_clojure.detection import LEIN
from slugc_jvm import jars, profile, runtime, tooling
from slugc_jvm.repository import Repository
from slugc_jvm.tooling import Bench

_ROOT = Path(__file__).resolve().parents[2]


def compile_app(build: Build) -> dict[str, Any]:
    runtime.refuse_committed(build.app, language="clojure")
    file = checks.source(build.app)
    java = runtime.install(build)
    bench = tooling.ready(java, build)
    # Both tools look for their repository in the home folder of their JVM.
    repository = Repository("m2", bench.scratch / "home/.m2", build)
    tool = (leiningen if file == LEIN else tools).prepare(bench, build)
    repository.restore()
    try:
        if (build.app / "bin/build").is_file():
            _own_build(bench, build, tool)
        else:
            repository.attempt(lambda: _work(file, bench, build, tool))
    except children.ChildFailed as failed:
        raise complaints.clojure(failed.tail, build.app, java, file) from failed
    repository.save()
    _tidy(build)
    profile.write(build)
    classpath.write_profile(build)
    profile.write_export(build, _ROOT)
    if not (build.app / "Procfile").is_file() and processes.web(build.app) is None:
        transcript.warn(
            "Nothing that can be started was found, and there is no Procfile\n"
            "Give project.clj a :main and an :uberjar-name, or deps.edn an alias :web with :main-opts;\n"
            "or write a Procfile: web: clojure -M -m my.namespace"
        )
    return {"java_version": java.version, "java_source": java.source, "tool": file}


def _work(file: str, bench: Bench, build: Build, tool: list[Path]) -> None:
    (leiningen if file == LEIN else tools).build_app(bench, build, tool)


def _own_build(bench: Bench, build: Build, tool: list[Path]) -> None:
    """bin/build of the app decides everything; lein is on its PATH."""
    transcript.step("Running bin/build")
    folder = leiningen.write_command(bench, tool)
    env = bench.env(build, stable.options("JVM_OPTS", build))
    env["PATH"] = f"{folder}:{env['PATH']}"
    try:
        children.run(["bash", "bin/build"], env=env, cwd=build.app)
    except children.ChildFailed as failed:
        raise Problem(
            "bin/build of the app failed",
            code="clojure.own-build-failed",
            file="bin/build",
            evidence="\n".join(failed.tail[-8:]) or f"It ended with status {failed.status}.",
            next_step="Correct it, or delete it: the buildpack then builds the app itself.",
        ) from failed


def _tidy(build: Build) -> None:
    """Leiningen's notes go (they hold times); jars get one order and one time."""
    for name in (".lein-failures", ".lein-deps-sum", ".cpcache", ".nrepl-port"):
        trees.remove(build.app / name)
    target = build.app / "target"
    for path in [path for path in target.rglob("stale") if path.is_dir()] if target.is_dir() else []:
        trees.remove(path)
    for path in list(trees.walk(target)):
        if path.suffix == ".jar":
            jars.normalise(path, epoch=build.epoch, in_order=True)
        elif path.name == "pom.properties":
            path.write_bytes(jars.without_date(path.read_bytes()))
