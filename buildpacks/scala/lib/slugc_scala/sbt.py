"""The app, staged by sbt: its launcher fetches the version that the app pins, and everything else."""

import shlex
from pathlib import Path

from slugc_buildpack import children, facts, transcript, trees
from slugc_buildpack.build import Build
from slugc_jvm import jars, maven
from slugc_jvm.maven import Tool
from slugc_jvm.repository import Repository
from slugc_jvm.tooling import SHORT_LIVED, Bench, tuned
from slugc_scala import complaints

# Any launcher starts any sbt; this is what the app's version does not decide.
LAUNCHER = Tool(name="sbt-launcher", wanted=("org.scala-sbt:sbt-launch:1.10.7",), transitive=False)
STAGE = "universal/stage"


def stage(version: str, bench: Bench, build: Build) -> None:
    """Run the tasks. Raises Problem."""
    launcher = maven.jars(LAUNCHER, bench, build)[0]
    repository = Repository("sbt", bench.scratch / "sbt", build)
    repository.restore()
    words = tasks(build)
    transcript.step(f"Building with sbt {version}: {' '.join(words)}")
    argv = [bench.program, *_options(bench, build, repository), "-jar", str(launcher), *words]
    env = bench.env(build, {"COURSIER_CACHE": str(repository.folder / "coursier")})
    try:
        repository.attempt(lambda: _run(argv, env, build))
    except children.ChildFailed as failed:
        raise complaints.sbt(failed.tail, build.app, bench.java) from failed
    repository.save()
    _tidy(build)


def tasks(build: Build) -> list[str]:
    """SBT_PRE_TASKS, `clean` if wanted, then SBT_TASKS (compile stage), each in SBT_PROJECT if there is one."""
    project = build.config.get("SBT_PROJECT")
    wanted = shlex.split(build.config.get("SBT_TASKS")) or ["compile", "stage"]
    before = shlex.split(build.config.get("SBT_PRE_TASKS"))
    clean = ["clean"] if build.config.get("SBT_CLEAN") == "true" else []
    return [*before, *(f"{project}/{word}" if project else word for word in [*clean, *wanted])]


def _run(argv: list[str], env: dict[str, str], build: Build) -> None:
    children.run(argv, env=env, cwd=build.app, keep=400)


def _options(bench: Bench, build: Build, repository: Repository) -> list[str]:
    folder = repository.folder
    options = [
        *bench.options,
        f"-Dsbt.global.base={folder / 'global'}",
        f"-Dsbt.boot.directory={folder / 'boot'}",
        f"-Dsbt.ivy.home={folder / 'ivy'}",
        f"-Dsbt.coursier.home={folder / 'coursier-home'}",
        # A server would outlive the build, and colours and moving lines are for terminals.
        *("-Dsbt.server.autostart=false", "-Dsbt.color=false", "-Dsbt.supershell=false", "-Dsbt.ci=true"),
        "-Xss4m",
    ]
    mirror = maven.mirror(build)
    listed = bench.scratch / "repositories"
    named = f"  slugc-mirror: {mirror}\n" if mirror else "  maven-central\n"
    listed.write_text(f"[repositories]\n  local\n{named}", encoding="utf-8")
    options.append(f"-Dsbt.repository.config={listed}")
    if mirror:
        options.append("-Dsbt.override.build.repos=true")
    if build.offline:
        options.append("-Dsbt.offline=true")
    return [*options, *tuned(SHORT_LIVED, shlex.split(build.config.get("SBT_OPTS")))]


def _tidy(build: Build) -> None:
    """What was staged stays; the incremental compiler's notes, which name folders and times, go."""
    for name in ("project/target", "project/project", ".bsp"):
        trees.remove(build.app / name)
    for target in sorted([build.app / "target", *build.app.glob("*/target"), *build.app.glob("*/*/target")]):
        if target.is_dir():
            staged = (target / STAGE).is_dir()
            for path in list(trees.walk(target)):
                name = str(path.relative_to(target))
                if not (name.startswith(f"{STAGE}/") if staged else path.suffix in {".jar", ".class"}):
                    path.unlink()
            _drop_empty(target)
            for path in list(trees.walk(target)):
                if path.suffix == ".jar":
                    jars.normalise(path, epoch=build.epoch)
            if staged:
                build.facts.layers[str((target / STAGE / "lib").relative_to(build.app))] = facts.DEPENDENCIES


def _drop_empty(folder: Path) -> None:
    for path in sorted((path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
