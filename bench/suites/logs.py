"""A million lines of several dynos into one log, beside tools that do the same."""

from collections.abc import Iterator
from pathlib import Path

from bench.contest import SLUGC, Contest, Contestant
from bench.world import World, shell

LINES = 1_000_000
TEXT = "x" * 143
MULTILOG = "multilog t, one a dyno (files only, no common stream)"
CAT = "cat a dyno | cat > file (no work: the limit)"
HONCHO = "honcho"
GROWTH = (1, 2, 5, 10, 20, 50)


def suite(world: World) -> Iterator[Contest]:
    yield contest(world, LINES, 10, title="logs, 1,000,000 lines of 144 bytes from 10 dynos")
    yield Contest(
        title="logs, 100,000 lines from 10 dynos",
        contestants=(
            slugc(world, files(world.scratch, LINES // 10, 10)),
            honcho(world.scratch, files(world.scratch, LINES // 10, 10)),
        ),
        targets={HONCHO: 5.0},
    )
    if world.growth:
        for count in GROWTH:
            yield contest(world, LINES, count, title=f"logs, 1,000,000 lines from {count} dynos", series="logs")


def contest(world: World, lines: int, dynos: int, *, title: str, series: str = "") -> Contest:
    made = files(world.scratch, lines, dynos)
    words = " ".join(f"cat {path} | multilog t s16777215 n2 $0/{path.name} &" for path in made)
    plain = " ".join(f"cat {path} | cat >> $0/all &" for path in made)
    return Contest(
        title=title,
        contestants=(
            slugc(world, made),
            Contestant(name=MULTILOG, argv=script(f"mkdir $0; {words} wait"), needs=("multilog",)),
            Contestant(name=CAT, argv=script(f"mkdir $0; {plain} wait")),
        ),
        targets={MULTILOG: 0.9} if not series else {},
        series=series,
        scale=dynos if series else 0.0,
        scale_unit="dynos",
    )


def slugc(world: World, made: list[Path]) -> Contestant:
    return Contestant(name=SLUGC, argv=world.program("collect", "{new}", *(f"cat {path}" for path in made)))


def honcho(scratch: Path, made: list[Path]) -> Contestant:
    procfile = scratch / "Procfile"
    procfile.write_text("".join(f"web{n}: cat {path}; sleep 0.2\n" for n, path in enumerate(made)))
    return Contestant(name=HONCHO, argv=shell(f"honcho -f {procfile} start > $1", "{new}"), needs=("honcho",))


def script(text: str) -> tuple[str, ...]:
    return ("bash", "-c", text, "{new}")


def files(scratch: Path, lines: int, dynos: int) -> list[Path]:
    """What each dyno prints: made once, so that making it costs nobody time."""
    folder = scratch / f"{lines}-{dynos}"
    if not folder.exists():
        folder.mkdir(parents=True)
        text = f"{TEXT}\n".encode() * (lines // dynos)
        for n in range(dynos):
            (folder / f"dyno{n}").write_bytes(text)
    return sorted(folder.iterdir())
