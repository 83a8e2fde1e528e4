"""`python -m bench.page RESULTS`: write docs/performance.md from the results of a run, charts included."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTES = Path(__file__).resolve().parent / "notes"
"""NAME.md: what a reader should know of a bench, for example why a target is missed."""
INTRODUCTION = """# Performance

Measured by `python -m bench` (bench/README.md): contestants take turns, medians of clean runs; starting Python is part
of slugc's time. "slugc is 1.20 x" reads: the other takes 1.20 times as long. Targets that were missed are listed.
A row with "every run was disturbed" was measured while other processes used more than 12 % of the machine: its
ratios say more than its seconds, for all contestants of a table took turns under the same load.
"""


def page(results: list[dict[str, Any]], names: list[str]) -> str:
    parts = [INTRODUCTION]
    dates = sorted({result["date"] for result in results})
    parts.append(f"Date: {', '.join(dates)}.\n")
    facts = results[0]["machine"]
    parts.append("\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in facts.items()), ""]))
    if (NOTES / "all.md").exists():
        parts.append((NOTES / "all.md").read_text())
    for name, result in zip(names, results, strict=True):
        parts.append(f"## {name}\n")
        if (DOCS / "images" / f"bench-{name}.png").exists():
            parts.append(f"![{name}](images/bench-{name}.png)\n")
        parts += ["\n".join(contest["table"]) for contest in result["contests"]]
        missed = [sentence for contest in result["contests"] for sentence in contest["missed"]]
        if missed:
            parts.append("\n".join(["Missed:", "", *(f"- {sentence}" for sentence in missed), ""]))
        note = NOTES / f"{name}.md"
        if note.exists():
            parts.append(note.read_text())
    return "\n".join(parts)


def main(folder: Path) -> None:
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise SystemExit(f"no results in {folder}; run python -m bench first")
    (DOCS / "images").mkdir(parents=True, exist_ok=True)
    for path in paths:
        if path.with_suffix(".png").exists():
            shutil.copyfile(path.with_suffix(".png"), DOCS / "images" / f"bench-{path.stem}.png")
    results = [json.loads(path.read_text()) for path in paths]
    (DOCS / "performance.md").write_text(page(results, [path.stem for path in paths]))
    print(DOCS / "performance.md")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "bench-results"))
