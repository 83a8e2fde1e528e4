"""Is this a Scala app, built by sbt?"""

from pathlib import Path

_PATTERNS = ("*.sbt", ".sbtrc", "project/*.scala", "project/build.properties", ".sbt/*.scala")


def decide(app: Path) -> str | list[str]:
    if any(path.is_file() for pattern in _PATTERNS for path in app.glob(pattern)):
        return "Scala"
    return [
        "No file of a Scala app is in the root folder of the app.",
        f"The buildpack looks for {', '.join(_PATTERNS)}.",
        "The root folder contains:",
        *(f"  {name}" for name in sorted(path.name for path in app.iterdir())[:20] or ["(nothing)"]),
    ]
