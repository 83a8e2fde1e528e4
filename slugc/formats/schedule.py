"""When a scheduled job runs: `every 10 minutes`, `hourly at :30`, `daily at 04:30`, or five cron fields. Pure; UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MONTHS = {
    name: n
    for n, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_DAYS = {name: n for n, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_SHORT = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "hourly": "0 * * * *",
    "daily": "0 0 * * *",
}
_EVERY = re.compile(r"every(?: (\d+))? (minute|hour|day)s?")
_HOURLY = re.compile(r"(?:hourly|every hour) at :?(\d{1,2})")
_DAILY = re.compile(r"(?:daily|every day) at (\d{1,2}):(\d{2}) ?([ap]m)?(?: utc)?")
_ITEM = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\d+))?")
_HORIZON = 366 * 9
"""Days to look ahead: `29 2` may be eight years away round a century that is no leap year."""


class ScheduleProblem(ValueError):
    """`reason` says which part does not fit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    either: bool
    """Both day fields are restricted: cron then takes a day that fits one of them."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first matching minute after `moment`; None where none ever comes (30 February)."""
        start = (moment.astimezone(UTC) + timedelta(minutes=1)).replace(second=0, microsecond=0)
        for ahead in range(_HORIZON):
            day = (start + timedelta(days=ahead)).replace(hour=0, minute=0) if ahead else start
            if not self._fits_day(day):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    candidate = day.replace(hour=hour, minute=minute)
                    if candidate >= start:
                        return candidate
        return None

    def _fits_day(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (of_month or of_week) if self.either else (of_month and of_week)


def parse(text: str) -> Schedule:
    """Raises ScheduleProblem."""
    words = " ".join(text.lower().split())
    schedule = _cron(_SHORT.get(words) or _from_words(words) or words)
    if schedule.next_after(datetime(2024, 1, 1, tzinfo=UTC)) is None:
        raise ScheduleProblem("no such day ever comes")
    return schedule


def _from_words(words: str) -> str | None:
    if match := _HOURLY.fullmatch(words):
        return f"{int(match[1])} * * * *"
    if match := _DAILY.fullmatch(words):
        hour = int(match[1])
        if match[3]:
            if not 1 <= hour <= 12:
                raise ScheduleProblem(f"there is no {hour} o'clock {match[3]}")
            hour = hour % 12 + (12 if match[3] == "pm" else 0)
        return f"{int(match[2])} {hour} * * *"
    if match := _EVERY.fullmatch(words):
        return _every(int(match[1] or 1), match[2])
    return None


def _every(count: int, unit: str) -> str:
    # A count that does not divide its unit would silently begin again at each full hour or day.
    whole = {"minute": 60, "hour": 24, "day": 1}[unit]
    if count < 1 or whole % count:
        fits = ", ".join(str(n) for n in range(1, whole + 1) if whole % n == 0)
        raise ScheduleProblem(f"every {count} {unit}s does not divide evenly; these do: {fits}")
    if unit == "minute":
        return f"*/{count} * * * *" if count < 60 else "0 * * * *"
    return f"0 */{count} * * *" if unit == "hour" and count < 24 else "0 0 * * *"


def _cron(text: str) -> Schedule:
    fields = text.split()
    if len(fields) != 5:
        raise ScheduleProblem("it is neither words that are known nor five cron fields")
    minutes, hours, days, months, weekdays = (
        _field(field, name, low, high, names) for field, (name, low, high, names) in zip(fields, _FIELDS, strict=True)
    )
    return Schedule(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        either=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )


def _field(text: str, name: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise ScheduleProblem(f"{item!r} is no {name}")
        first, last = low, high
        if match[1] != "*":
            begin, dash, end = match[1].partition("-")
            first = _number(begin, name, low, high, names)
            last = _number(end, name, low, high, names) if dash else (high if match[2] else first)
        step = int(match[2] or 1)
        if step < 1 or last < first:
            raise ScheduleProblem(f"{item!r} holds no {name}")
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str, name: str, low: int, high: int, names: dict[str, int]) -> int:
    number = names.get(text, int(text) if text.isascii() and text.isdigit() else -1)
    if not low <= number <= high:
        raise ScheduleProblem(f"{text!r} is no {name} ({low} to {high})")
    return number
