"""What can be told from the files alone, before anything is downloaded."""

import xml.parsers.expat
from pathlib import Path

from slugc_buildpack import transcript
from slugc_buildpack.problems import Problem
from slugc_java.detection import GRADLE, POMS

_WRAPPER = ".mvn/wrapper/maven-wrapper.properties"
_GRADLE_WRAPPER = ("gradle/wrapper/gradle-wrapper.jar", "gradle/wrapper/gradle-wrapper.properties")


def builder(app: Path) -> str:
    """`maven` or `gradle`. Raises Problem for what cannot be built."""
    maven = any((app / name).is_file() for name in POMS)
    gradle = [name for name in GRADLE if (app / name).is_file()]
    if maven and gradle:
        transcript.warn(
            f"The app has files of Maven and of Gradle ({gradle[0]}): Maven builds it.\n"
            f"Delete pom.xml to build with Gradle, or {gradle[0]} to end this warning."
        )
    if maven:
        return "maven"
    if "gradlew" not in gradle:
        raise Problem(
            "The Gradle wrapper is missing",
            code="java.no-gradle-wrapper",
            file=gradle[0],
            evidence=f"{gradle[0]} is there, gradlew is not",
            next_step="Run: gradle wrapper\nand commit gradlew and gradle/wrapper: they pin the version of Gradle.",
        )
    return "gradle"


def maven(app: Path) -> None:
    """pom.xml is XML, and a wrapper is whole. Raises Problem."""
    pom = app / "pom.xml"
    if pom.is_file():
        try:
            xml.parsers.expat.ParserCreate().Parse(pom.read_bytes(), True)
        except xml.parsers.expat.ExpatError as error:
            lines = pom.read_text(encoding="utf-8", errors="replace").splitlines()
            shown = lines[error.lineno - 1].strip() if error.lineno <= len(lines) else "(the end of the file)"
            raise Problem(
                "pom.xml is not valid XML",
                code="java.broken-pom",
                file="pom.xml",
                line=error.lineno,
                evidence=f"{shown}\n{xml.parsers.expat.errors.messages[error.code]}",
                next_step="Correct that place: each tag is closed by the same name.",
            ) from error
    if (app / "mvnw").is_file() and not (app / _WRAPPER).is_file():
        raise Problem(
            "The Maven wrapper is incomplete",
            code="java.wrapper-incomplete",
            file="mvnw",
            evidence=f"{_WRAPPER} is missing: it names the version",
            next_step=f"Run: mvn wrapper:wrapper\nand commit {_WRAPPER}; or delete mvnw.",
        )


def gradle(app: Path) -> None:
    """Raises Problem for a wrapper that is not whole."""
    missing = [name for name in _GRADLE_WRAPPER if not (app / name).is_file()]
    if missing:
        raise Problem(
            "The Gradle wrapper is incomplete",
            code="java.wrapper-incomplete",
            file="gradlew",
            evidence="\n".join(f"{name} is missing" for name in missing),
            next_step="Run: gradle wrapper\nand commit gradle/wrapper. A .gitignore with *.jar in it hides its jar.",
        )
