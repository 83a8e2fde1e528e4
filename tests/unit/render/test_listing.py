"""The platform's listings as a person reads them."""

from datetime import UTC, datetime

import pytest

from slugc.render import listing

NOW = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-01-02T11:59:45Z", "2026/01/02 11:59:45 +0000 (~ 15s ago)"),
        ("2026-01-02T11:47:00Z", "2026/01/02 11:47:00 +0000 (~ 13m ago)"),
        ("2026-01-02T02:00:00Z", "2026/01/02 02:00:00 +0000 (~ 10h ago)"),
        ("2025-12-31T12:00:00Z", "2025/12/31 12:00:00 +0000"),
        ("2026-01-02T12:00:05Z", "2026/01/02 12:00:05 +0000"),
    ],
)
def test_a_time_has_its_age_while_that_says_something(at: str, shown: str) -> None:
    assert listing.moment(at, NOW) == shown


def dyno(name: str, state: str = "up", command: str = "rackup") -> dict[str, object]:
    kind = name.partition(".")[0]
    return {
        "name": name, "type": kind, "state": state, "size": "standard-1x", "command": command,
        "release": 3, "updated_at": "2026-01-02T11:59:00Z",
    }  # fmt: skip


def test_dynos_are_listed_by_type_with_one_off_dynos_last() -> None:
    rows = [dyno("run.7364", "starting", "bash"), dyno("web.1"), dyno("web.2", "crashed"), dyno("worker.1")]
    assert listing.dynos(rows, NOW).splitlines() == [
        "=== web (Standard-1X): rackup (2)",
        "web.1: up 2026/01/02 11:59:00 +0000 (~ 1m ago)",
        "web.2: crashed 2026/01/02 11:59:00 +0000 (~ 1m ago)",
        "",
        "=== worker (Standard-1X): rackup (1)",
        "worker.1: up 2026/01/02 11:59:00 +0000 (~ 1m ago)",
        "",
        "=== run: one-off processes",
        "run.7364 (Standard-1X): starting 2026/01/02 11:59:00 +0000 (~ 1m ago): bash",
    ]


def release(version: int, status: str, *, current: bool = False) -> dict[str, object]:
    return {
        "version": version, "status": status, "current": current, "description": f"Deploy {version}",
        "user": "me", "created_at": "2026-01-02T11:59:00Z",
    }  # fmt: skip


def test_releases_say_which_one_is_current_and_which_ones_are_not_to_be() -> None:
    rows = [release(9, "pending"), release(8, "failed"), release(7, "succeeded", current=True)]
    assert listing.releases("shop", rows, NOW).splitlines() == [
        "=== shop Releases - Current: v7",
        "v9  Deploy 9 (release command executing)  me  2026/01/02 11:59:00 +0000 (~ 1m ago)",
        "v8  Deploy 8 (release command failed)     me  2026/01/02 11:59:00 +0000 (~ 1m ago)",
        "v7  Deploy 7                              me  2026/01/02 11:59:00 +0000 (~ 1m ago)",
    ]


def test_formation_and_sizes_are_written_as_the_scale_command_takes_them() -> None:
    rows = [{"type": "web", "quantity": 3, "size": "standard-2x"}, {"type": "w", "quantity": 0, "size": "eco"}]
    assert listing.formation(rows) == "web=3:Standard-2X w=0:Eco"
    assert listing.scaled(rows) == "web at 3:Standard-2X, w at 0:Eco"
    assert listing.size_name("performance-l") == "Performance-L"


def test_an_empty_table_is_empty_and_a_full_one_is_aligned() -> None:
    assert listing.table(("A", "B"), []) == ""
    assert listing.table(("A", "B"), [("long", "x"), ("s", "")]).splitlines() == ["A     B", "----  -", "long  x", "s"]
    assert listing.aligned({"A": "1", "LONGER": "2"}) == "A:      1\nLONGER: 2"
