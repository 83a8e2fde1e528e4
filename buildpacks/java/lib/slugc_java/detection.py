"""Is this a Java app: does Maven or Gradle build it?"""

from pathlib import Path

POMS = tuple(f"pom.{suffix}" for suffix in ("xml", "atom", "clj", "groovy", "rb", "scala", "yaml", "yml"))
GRADLE = ("gradlew", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts")


def decide(app: Path) -> str | list[str]:
    present = {path.name for path in app.iterdir()}
    if any(name in present for name in (*POMS, *GRADLE)):
        return "Java"
    return [
        "No file of a Java app is in the root folder of the app.",
        f"The buildpack looks for {', '.join((POMS[0], *GRADLE))}.",
        "The root folder contains:",
        *(f"  {name}" for name in sorted(present)[:20] or ["(nothing)"]),
    ]
