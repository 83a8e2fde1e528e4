"""What a bench is made of: contestants that do the same job, taking turns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SLUGC = "slugc"
"""The contestant that all others are compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run. `value` is what the contest compares; wall seconds unless the contestant says otherwise."""

    value: float
    wall: float = 0.0
    cpu: float = 0.0
    """User and system seconds of the child and all that it waited for."""
    rss: int = 0
    """Bytes of the largest single process."""
    total: int = 0
    """Bytes of all its processes together at the worst moment (proportional share), where the contest asks."""
    size: int = 0
    """Bytes of what it made."""
    foreign: float = 0.0
    """Share of the machine that other processes used meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One way to do the job: a command, or a function that measures for itself."""

    name: str
    argv: tuple[str, ...] = ()
    """A command; `{new}` in it becomes a path that does not exist yet."""
    call: Callable[[Path], Measured] | None = None
    """Instead of argv: does the job once below the folder given, and says how it went."""
    needs: tuple[str, ...] = ()
    """Programs; where one is missing the contestant is left out, and the table says so."""
    rounds: int | None = None
    """Fewer than the contest's, for one who takes many times as long as the others."""
    makes: str = ""
    """The file whose size is shown: `{new}` or a name below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Contestants who do one job in turns: A B C, A B C, ..."""

    title: str
    contestants: tuple[Contestant, ...]
    unit: str = "s"
    higher_is_better: bool = False
    targets: Mapping[str, float] = field(default_factory=dict)
    """At least this many times better than the named contestant."""
    margins: Mapping[str, float] = field(default_factory=dict)
    """At most this much more than the named contestant, in the contest's unit."""
    rounds: int | None = None
    """Other than the command line's, where one run takes long."""
    memory: bool = False
    """Sample the memory of all processes of a run (costs a little time)."""
    prepare: Callable[[], None] | None = None
    """What must be done before the first run, where it takes too long for a contest that `--only` leaves out."""
    series: str = ""
    """Contests of one series differ in `scale` only: the chart draws cost per unit over it."""
    scale: float = 0.0
    scale_unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A contestant's result: medians of its clean runs."""

    name: str
    runs: tuple[Measured, ...] = ()
    dropped: int = 0
    """Runs that others disturbed."""
    absent: str = ""
    """Why it did not take part."""

    def median(self, what: str = "value") -> float:
        values = sorted(getattr(run, what) for run in self.runs)
        middle = len(values) // 2
        return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A contest that was held."""

    contest: Contest
    rows: tuple[Row, ...]

    def row(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name and row.runs), None)

    def ratio(self, name: str) -> float | None:
        """How many times better slugc is than `name`: above 1 is better, whatever the unit."""
        own, other = self.row(SLUGC), self.row(name)
        if own is None or other is None or not own.median() or not other.median():
            return None
        quotient = other.median() / own.median()
        return 1 / quotient if self.contest.higher_is_better else quotient

    def more(self, name: str) -> float | None:
        """How much more slugc takes than `name`, in the contest's unit."""
        own, other = self.row(SLUGC), self.row(name)
        return own.median() - other.median() if own is not None and other is not None else None

    def missed(self) -> list[str]:
        """Targets that were not reached, one sentence each."""
        ratios = [
            f"{self.contest.title}: {ratio:.2f} x {name}, target {floor:g}"
            for name, floor in self.contest.targets.items()
            if (ratio := self.ratio(name)) is not None and ratio < floor
        ]
        margins = [
            f"{self.contest.title}: {more:.2f} {self.contest.unit} more than {name}, target {most:g}"
            for name, most in self.contest.margins.items()
            if (more := self.more(name)) is not None and more > most
        ]
        return ratios + margins
