"""Listings."""

from slugc.render.tables import table


def test_columns_are_aligned_and_empty_cells_can_be_seen() -> None:
    assert table(["name", "os"], [["a", "debian 12"], ["longer", ""]]) == [
        "name    os",
        "a       debian 12",
        "longer  -",
    ]


def test_no_rows_leave_the_headings() -> None:
    assert table(["name"], []) == ["name"]
