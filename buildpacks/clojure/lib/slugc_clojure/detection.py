"""Is this a Clojure app: does it have Leiningen's file, or that of the Clojure tools?"""

from pathlib import Path

LEIN, TOOLS = "project.clj", "deps.edn"


def decide(app: Path) -> str | list[str]:
    if (app / LEIN).is_file():
        return "Clojure (Leiningen 2)"
    if (app / TOOLS).is_file():
        return "Clojure (deps.edn)"
    return [
        "No file of a Clojure app is in the root folder of the app.",
        f"The buildpack looks for {LEIN} and {TOOLS}.",
        "The root folder contains:",
        *(f"  {name}" for name in sorted(path.name for path in app.iterdir())[:20] or ["(nothing)"]),
    ]
