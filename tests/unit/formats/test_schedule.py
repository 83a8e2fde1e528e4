"""When scheduled jobs run."""

from datetime import UTC, datetime

import pytest

from slugc.formats import schedule


def next_of(text: str, moment: str) -> str:
    found = schedule.parse(text).next_after(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    assert found is not None
    return found.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("every 10 minutes", "2026-01-01 00:00", "2026-01-01 00:10"),
        ("every 10 minutes", "2026-01-01 00:09:59", "2026-01-01 00:10"),
        ("every minute", "2026-12-31 23:59:30", "2027-01-01 00:00"),
        ("Every  Hour", "2026-01-01 00:30", "2026-01-01 01:00"),
        ("hourly at :30", "2026-01-01 00:30", "2026-01-01 01:30"),
        ("every 6 hours", "2026-01-01 07:00", "2026-01-01 12:00"),
        ("daily at 04:30", "2026-01-01 04:30", "2026-01-02 04:30"),
        ("daily at 4:30pm", "2026-01-01 04:30", "2026-01-01 16:30"),
        ("daily at 12:00am", "2026-01-01 04:30", "2026-01-02 00:00"),
        ("*/15 9-17 * * mon-fri", "2026-01-02 17:45", "2026-01-05 09:00"),
        ("0 0 1 jan *", "2026-01-01 00:00", "2027-01-01 00:00"),
        ("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"),
        ("0 0 13 * 5", "2026-01-03 00:00", "2026-01-09 00:00"),
        ("0 0 * * 7", "2026-01-01 00:00", "2026-01-04 00:00"),
        ("5,35 * * * *", "2026-01-01 00:05", "2026-01-01 00:35"),
        ("10/20 * * * *", "2026-01-01 00:31", "2026-01-01 00:50"),
        ("@weekly", "2026-01-01 00:00", "2026-01-04 00:00"),
    ],
)
def test_the_next_run_is_the_first_fitting_minute_afterwards(text: str, after: str, expected: str) -> None:
    assert next_of(text, after) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("sometimes", "five cron fields"),
        ("every 7 minutes", "divide"),
        ("every 0 minutes", "divide"),
        ("daily at 25:00", "hour"),
        ("daily at 13:00pm", "o'clock"),
        ("61 * * * *", "minute"),
        ("* * * * funday", "day of the week"),
        ("0 0 31 2 *", "no such day"),
        ("5-1 * * * *", "holds no minute"),
        ("", "five cron fields"),
    ],
)
def test_what_can_never_run_is_refused_with_the_part_that_does_not_fit(text: str, part: str) -> None:
    with pytest.raises(schedule.ScheduleProblem, match=part):
        schedule.parse(text)
