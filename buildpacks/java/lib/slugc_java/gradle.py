"""The app, built by its Gradle wrapper."""

import re
import shlex
from pathlib import Path

from slugc_buildpack import children, transcript, trees
from slugc_buildpack.build import Build
from slugc_java import complaints
from slugc_jvm import jars, properties
from slugc_jvm.repository import Repository
from slugc_jvm.tooling import Bench

_SCRIPTS = ("build.gradle", "build.gradle.kts")
_STAGE = re.compile(r"""\btask\s+stage\b|tasks?\.(?:register|create)\s*[(]?\s*["']stage["']|\bval\s+stage\s+by""")
_NOTES = ("tmp", "reports", "test-results", "kotlin", "generated")


def package(bench: Bench, build: Build) -> str:
    """Run the task; returns the version of Gradle that the wrapper names. Raises Problem."""
    version = _version(build.app)
    words = tasks(build.app, build.config.get("GRADLE_TASK"))
    transcript.step(f"Building with Gradle {version}: gradlew {' '.join(words)}")
    repository = Repository("gradle", bench.scratch / "gradle", build)
    repository.restore()
    options = [*bench.options, *build.config.get("GRADLE_OPTS").split()]
    env = bench.env(build, {"GRADLE_USER_HOME": str(repository.folder), "GRADLE_OPTS": " ".join(options)})
    # A daemon would outlive the build; the app's own cache folder would end in the slug.
    fixed = ["--no-daemon", "--console=plain", "--project-cache-dir", str(bench.scratch / "gradle-project")]
    argv = ["sh", "./gradlew", *fixed, *(["--offline"] if build.offline else []), *words]
    try:
        repository.attempt(lambda: _run(argv, env, build))
    except children.ChildFailed as failed:
        raise complaints.gradle(failed.tail, build.app, bench.java) from failed
    repository.save()
    _tidy(build)
    return version


def tasks(app: Path, wanted: str) -> list[str]:
    """GRADLE_TASK, else the app's own `stage`, else a build without its checks."""
    if wanted:
        return shlex.split(wanted)
    text = "\n".join((app / name).read_text(errors="replace") for name in _SCRIPTS if (app / name).is_file())
    return ["stage"] if _STAGE.search(text) else ["build", "-x", "check"]


def _run(argv: list[str], env: dict[str, str], build: Build) -> None:
    children.run(argv, env=env, cwd=build.app, keep=400)


def _version(app: Path) -> str:
    path = app / "gradle/wrapper/gradle-wrapper.properties"
    found = properties.parse(path.read_text(encoding="utf-8", errors="replace")).get("distributionUrl", ("", 0))[0]
    match = re.search(r"gradle-([\w.-]+?)-(?:bin|all)\.zip", found)
    return match[1] if match else "of the wrapper"


def _tidy(build: Build) -> None:
    epoch = build.epoch
    trees.remove(build.app / ".gradle")
    for folder in sorted([build.app / "build", *build.app.glob("*/build")]):
        if not folder.is_dir():
            continue
        for name in _NOTES:
            trees.remove(folder / name)
        for path in list(trees.walk(folder)):
            if path.suffix in {".jar", ".war"}:
                # Gradle writes entries as the folder lists them, unless the app asks for another order.
                jars.normalise(path, epoch=epoch, in_order=True)
