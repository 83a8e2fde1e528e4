"""Rows as aligned columns: plain text that a person reads and `awk` can cut."""

from collections.abc import Sequence

GAP = "  "


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines without line ends: the headings, then the rows. The last column is never padded; an empty cell is
    shown as `-`, so that columns can be told apart by their spaces."""
    cells = [list(headings), *([cell or "-" for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    return [GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
