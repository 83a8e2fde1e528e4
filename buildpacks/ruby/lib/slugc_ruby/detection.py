"""Is this a Ruby app? It has a Gemfile in its root."""

from pathlib import Path


def decide(app: Path) -> str | list[str]:
    if (app / "Gemfile").is_file():
        return "Ruby"
    present = sorted(path.name for path in app.iterdir())[:20]
    reasons = ["There is no Gemfile in the root folder of the app."]
    near = next((name for name in present if name.lower() in {"gemfile", "gems.rb"}), None)
    if near:
        reasons.append(f"There is a file {near}: rename it to Gemfile.")
    ignored = app / ".slugignore"
    if ignored.is_file() and "Gemfile" in ignored.read_text(encoding="utf-8", errors="replace"):
        reasons.append(".slugignore names Gemfile: take that line out.")
    return [*reasons, "The root folder contains:", *(f"  {name}" for name in present or ["(nothing)"])]
