"""Outcomes as a table, as JSON, and as a chart."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.contest import SLUGC, Outcome

MB = 1e6


def table(outcome: Outcome) -> list[str]:
    """A Markdown table: medians, ratios to slugc, and how many clean runs stand behind them."""
    contest = outcome.contest
    lines = [
        f"### {contest.title}",
        "",
        f"| who | median {contest.unit} | slugc is | cpu s | largest process | all | made | n |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in outcome.rows:
        if not row.runs:
            lines.append(f"| {_cell(row.name)} | - | | | | | | {row.absent} |")
            continue
        ratio = outcome.ratio(row.name)
        target = contest.targets.get(row.name)
        verdict = "" if row.name == SLUGC or ratio is None else f"{ratio:.2f} x"
        if target is not None and ratio is not None:
            verdict += f" (target {target:g}{', missed' if ratio < target else ''})"
        most = contest.margins.get(row.name)
        if most is not None and (more := outcome.more(row.name)) is not None:
            verdict += f", {more:+.2f} {contest.unit} (at most {most:g}{', missed' if more > most else ''})"
        sizes = (row.median("rss"), row.median("total"), row.median("size"))
        count = f"{len(row.runs)}{f', {row.dropped} dropped' if row.dropped else ''}{', ' if row.absent else ''}"
        cells = (_cell(row.name), f"{row.median():.4g}", verdict, f"{row.median('cpu'):.2f}", *map(_mb, sizes), count)
        lines.append(f"| {' | '.join(cells)}{row.absent} |")
    return [*lines, ""]


def document(outcomes: Sequence[Outcome], *, machine: Mapping[str, str], date: str) -> dict[str, Any]:
    """Everything that was measured, every run of it."""
    return {
        "date": date,
        "machine": dict(machine),
        "contests": [
            {
                "title": outcome.contest.title,
                "unit": outcome.contest.unit,
                "table": table(outcome),
                "series": outcome.contest.series,
                "scale": outcome.contest.scale,
                "targets": dict(outcome.contest.targets),
                "missed": outcome.missed(),
                "rows": [asdict(row) | {"ratio": outcome.ratio(row.name)} for row in outcome.rows],
            }
            for outcome in outcomes
        ],
    }


def write_json(path: Path, outcomes: Sequence[Outcome], *, machine: Mapping[str, str], date: str) -> None:
    path.write_text(json.dumps(document(outcomes, machine=machine, date=date), indent=1) + "\n")


def draw(path: Path, name: str, outcomes: Sequence[Outcome]) -> str | None:
    """One picture a bench: bars of ratios, and a line of cost per unit for each series. Why not, where not."""
    try:
        import matplotlib as mpl
    except ImportError:
        return "no chart: matplotlib is not installed (dependency group `bench`)"
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    single = [outcome for outcome in outcomes if not outcome.contest.series]
    series: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.contest.series:
            series.setdefault(outcome.contest.series, []).append(outcome)
    count = len(single) + len(series)
    if not count:
        return "no chart: nothing was measured"
    figure, axes = plt.subplots(count, 1, figsize=(8, 2.6 * count), squeeze=False)
    panels = [axis for (axis,) in axes]
    for axis, outcome in zip(panels, single, strict=False):
        _bars(axis, outcome)
    for axis, (title, members) in zip(panels[len(single) :], series.items(), strict=True):
        _growth(axis, title, members)
    figure.suptitle(f"slugc bench: {name}")
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
    return None


def _bars(axis: Any, outcome: Outcome) -> None:
    rows = [row for row in outcome.rows if row.runs]
    names = [row.name for row in rows]
    axis.barh(names, [row.median() for row in rows], color=["#6b46c1" if n == SLUGC else "#b8b8c8" for n in names])
    for index, row in enumerate(rows):
        ratio = outcome.ratio(row.name)
        text = f" {row.median():.3g} {outcome.contest.unit}"
        axis.text(
            row.median(), index, text + (f"  ({ratio:.2f} x)" if ratio and row.name != SLUGC else ""), va="center"
        )
    axis.margins(x=0.25)
    axis.invert_yaxis()
    axis.set_title(outcome.contest.title, fontsize=10, loc="left")
    axis.set_xlabel(outcome.contest.unit)


def _growth(axis: Any, title: str, outcomes: Sequence[Outcome]) -> None:
    names = {row.name for outcome in outcomes for row in outcome.rows if row.runs}
    for name in sorted(names, key=lambda name: (name != SLUGC, name)):
        points = [
            (o.contest.scale, row.median() / o.contest.scale) for o in outcomes if (row := o.row(name)) is not None
        ]
        axis.plot([x for x, _ in points], [y for _, y in points], marker="o", label=name)
    axis.set_xscale("log")
    axis.set_ylim(bottom=0)
    contest = outcomes[0].contest
    axis.set_xlabel(contest.scale_unit)
    axis.set_ylabel(f"{contest.unit} / {contest.scale_unit}")
    axis.set_title(title, fontsize=10, loc="left")
    axis.legend(fontsize=8)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _mb(value: float) -> str:
    return f"{value / MB:.1f} MB" if value else ""
