"""The app, packaged by Maven: by the app's own wrapper, or by the version that system.properties asks for."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

from slugc_buildpack import children, transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_java import complaints
from slugc_jvm import jars, maven, requested
from slugc_jvm.repository import Repository
from slugc_jvm.tooling import Bench

# Notes of the plugins for their own next run, with lists of absolute paths; no app reads them.
_NOTES = ("maven-status", "maven-archiver", "surefire-reports", "failsafe-reports")
KEPT = 400
_EARLIEST = 315_532_802


def package(bench: Bench, build: Build) -> str:
    """Run the goals; returns the version of Maven, or `wrapper`. Raises Problem."""
    repository = Repository("m2", bench.scratch / "m2", build)
    repository.restore()
    version, program = _program(bench, build)
    argv = [*program, *_arguments(build, repository), *maven.settings(bench, build), *_settings(bench, build)]
    shown = " ".join([Path(program[-1]).name, *_goals(build)])
    transcript.step(f"Building with Maven: {shown}")
    env = {**maven.environment(bench, build), "MAVEN_USER_HOME": str(repository.folder)}
    try:
        repository.attempt(lambda: _run(argv, env, build))
    except children.ChildFailed as failed:
        raise complaints.maven(failed.tail, build.app, bench.java) from failed
    repository.save()
    _tidy(build)
    return version


def _run(argv: list[str], env: dict[str, str], build: Build) -> None:
    children.run(argv, env=env, cwd=build.app, keep=KEPT)


def _program(bench: Bench, build: Build) -> tuple[str, list[str]]:
    if (build.app / "mvnw").is_file():
        transcript.step("Using the Maven wrapper of the app")
        return "wrapper", ["sh", "./mvnw"]  # its run bit may be lost
    found = requested.read(build.app).get("maven.version")
    if found and not re.fullmatch(r"\d+\.\d+\.\d+(-[\w-]+)?", found[0]):
        raise Problem(
            f"The Maven version in {requested.FILE} is not written as it must be",
            code="java.maven-version-malformed",
            file=requested.FILE,
            line=found[1],
            evidence=f"maven.version={found[0]}",
            next_step=f"Write a whole version there, for example maven.version={maven.VERSION}.",
        )
    version = found[0] if found else maven.VERSION
    transcript.step(f"Using Maven {version}" + (f" specified in {requested.FILE}" if found else ""))
    return version, [str(maven.program(version, bench, build))]


def _goals(build: Build) -> list[str]:
    options = build.config.get("MAVEN_CUSTOM_OPTS") or "-DskipTests"
    goals = build.config.get("MAVEN_CUSTOM_GOALS") or "clean install"
    return [*shlex.split(options), *shlex.split(goals)]


def _arguments(build: Build, repository: Repository) -> list[str]:
    words = ["--batch-mode", "--no-transfer-progress", f"-Dmaven.repo.local={repository.folder}/repository"]
    if not _has_timestamp(build.app):
        # The plugins that make jars then leave out the clock; the app's own value would be overruled by ours.
        words.append(f"-Dproject.build.outputTimestamp={timestamp(build.epoch)}")
    return [*words, *_goals(build)]


def _settings(bench: Bench, build: Build) -> list[str]:
    """The app's own settings.xml, or the one that config vars name."""
    path = build.config.get("MAVEN_SETTINGS_PATH")
    url = build.config.get("MAVEN_SETTINGS_URL")
    if url:
        from slugc_buildpack.runtimes import downloads
        from slugc_buildpack.runtimes.contract import Unavailable

        target = bench.scratch / "settings.xml"
        try:
            downloads.fetch(url, target, build=build)
        except Unavailable as refusal:
            raise _no_settings("MAVEN_SETTINGS_URL", refusal.reason) from refusal
        return ["--settings", str(target)]
    if path and not (build.app / path).is_file():
        raise _no_settings("MAVEN_SETTINGS_PATH", f"{path} is not in the app")
    if path or (build.app / "settings.xml").is_file():
        return ["--settings", str(build.app / (path or "settings.xml"))]
    return []


def _no_settings(name: str, reason: str) -> Problem:
    return Problem(
        "Maven's settings cannot be read",
        code="java.no-maven-settings",
        evidence=f"{name}: {reason}",
        next_step=f"Correct the config var {name}, or unset it.",
    )


def _has_timestamp(app: Path) -> bool:
    pom = app / "pom.xml"
    return pom.is_file() and "<project.build.outputTimestamp>" in pom.read_text(encoding="utf-8", errors="replace")


def timestamp(epoch: int) -> str:
    """In ISO form: Quarkus takes no number of seconds. Maven takes no such text before the second tick of DOS time."""
    return datetime.fromtimestamp(max(epoch, _EARLIEST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _tidy(build: Build) -> None:
    """Leave the products of the build, the same ones whenever and wherever it ran."""
    for target in sorted([build.app / "target", *build.app.glob("*/target"), *build.app.glob("*/*/target")]):
        if not target.is_dir():
            continue
        for name in _NOTES:
            trees.remove(target / name)
        for path in list(trees.walk(target)):
            if path.name.endswith((".jar", ".war", ".ear", ".original")):
                jars.normalise(path, epoch=build.epoch)
