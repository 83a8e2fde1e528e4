"""Is this a Node.js app? It has a package.json in its root."""

from pathlib import Path


def decide(app: Path) -> str | list[str]:
    if (app / "package.json").is_file():
        return "Node.js"
    present = sorted(path.name for path in app.iterdir())[:20]
    reasons = ["There is no package.json in the root folder of the app."]
    ignored = app / ".slugignore"
    if ignored.is_file() and "package.json" in ignored.read_text(encoding="utf-8", errors="replace"):
        reasons.append(".slugignore names package.json: take that line out.")
    return [*reasons, "The root folder contains:", *(f"  {name}" for name in present or ["(nothing)"])]
