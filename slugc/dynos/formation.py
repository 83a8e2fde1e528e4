"""Formations: `web=3 worker+1` as values, and the difference between what runs and what is wanted. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from slugc.errors.dyno import BadFormation, UnknownProcessType
from slugc.model.dyno import DEFAULT_SIZE, SIZES, DynoName, Formation, Quantity

MOST = 100
"""Dynos of one process type."""
_WORD = re.compile(r"([-\w]+)([=+-])(\d+)(?::([-\w]+))?")


@dataclass(frozen=True, slots=True)
class Start:
    dyno: DynoName


@dataclass(frozen=True, slots=True)
class Stop:
    dyno: DynoName


def scaled(current: Formation, words: Sequence[str], *, known: Sequence[str]) -> dict[str, Quantity]:
    """`current` changed by words such as `web=3`, `worker+1`, `web-1`, `web=2:standard-2x`; types at 0 stay named.

    known: the slug's process types. Raises BadFormation and UnknownProcessType; then nothing has changed.
    """
    wanted = dict(current)
    for word in words:
        name, quantity = _changed(word, wanted, known)
        wanted[name] = quantity
    return wanted


def check(words: Sequence[str]) -> None:
    """What can be said of `words` before it is known which process types there are. Raises BadFormation."""
    scaled({}, words, known=[match[1] for word in words if (match := _WORD.fullmatch(word))])


def named(target: str, dynos: Iterable[DynoName]) -> list[DynoName]:
    """The dynos that `web` or `web.2` means, in order."""
    return sorted(dyno for dyno in dynos if target in (dyno.type, str(dyno)))


def changes(running: Iterable[DynoName], wanted: Formation) -> list[Start | Stop]:
    """What leads from the dynos there are to the formation: gaps are filled, the highest numbers stop first."""
    there = set(running)
    needed = [DynoName(name, n) for name, quantity in wanted.items() for n in range(1, quantity.count + 1)]
    surplus = sorted(there - set(needed), key=lambda dyno: (dyno.type, -dyno.index))
    return [*(Start(dyno) for dyno in needed if dyno not in there), *(Stop(dyno) for dyno in surplus)]


def _changed(word: str, current: Formation, known: Sequence[str]) -> tuple[str, Quantity]:
    match = _WORD.fullmatch(word)
    if match is None:
        raise BadFormation(word=word, reason="it has no TYPE=N")
    name, sign, digits, size_name = match.groups()
    if name not in known:
        raise UnknownProcessType(name=name, known=known)
    before = current.get(name, Quantity(count=0, size=DEFAULT_SIZE))
    size = before.size
    if size_name is not None:
        found = SIZES.get(size_name.lower())
        if found is None:
            raise BadFormation(word=word, reason=f"there is no size {size_name}; sizes are {', '.join(SIZES)}")
        size = found
    number = int(digits[:9])
    count = {"=": number, "+": before.count + number, "-": before.count - number}[sign]
    if not 0 <= count <= MOST:
        raise BadFormation(word=word, reason=f"that would be {count} dynos of one type, and 0 to {MOST} are possible")
    return name, Quantity(count=count, size=size)
