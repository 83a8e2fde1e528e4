"""A durable release beside the disk's own speed: one small record written and synced, again and again."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from bench.contest import SLUGC, Contest, Contestant, Measured
from bench.running import Watch
from bench.world import World

APPENDS = 400
RECORD = b"x" * 300
RAW = "write + fdatasync, 300 B"
GROWTH = (0, 1_000, 10_000)


def suite(world: World) -> Iterator[Contest]:
    yield Contest(
        title=f"ledger, {APPENDS} releases, each on disk before the next",
        contestants=(
            Contestant(name=SLUGC, call=lambda new: slugc(world.disk / new.name, before=0)),
            Contestant(name=RAW, call=lambda new: raw(world.disk / new.name)),
        ),
        targets={RAW: 0.75},
    )
    if world.growth:
        for before in GROWTH:
            yield Contest(
                title=f"ledger, {APPENDS} releases behind {before} others",
                contestants=(
                    Contestant(name=SLUGC, call=lambda new, before=before: slugc(world.disk / new.name, before=before)),
                    Contestant(name=RAW, call=lambda new: raw(world.disk / new.name)),
                ),
                series="ledger, releases there are already",
                scale=max(1, before),
            )


def slugc(new: Path, *, before: int) -> Measured:
    from slugc.host.clock import SystemClock
    from slugc.ledger.changes import ChangeConfig
    from slugc.ledger.store import Ledger

    shutil.rmtree(new, ignore_errors=True)
    ledger = Ledger(new / "ledger.sqlite3", clock=SystemClock())
    ledger.create_app("bench", user="bench")
    for n in range(before):
        ledger.append("bench", ChangeConfig(set={"STEP": f"before {n}"}), user="bench")
    watch = Watch()
    for n in range(APPENDS):
        ledger.append("bench", ChangeConfig(set={"STEP": str(n)}), user="bench")
    measured = watch.read()
    if ledger.verify("bench") != before + APPENDS + 2:
        raise SystemExit("the ledger lost releases")
    ledger.close()
    return measured


def raw(new: Path) -> Measured:
    """The limit: what any program that keeps a promise about a disk must do."""
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    fd = os.open(new / "records", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    watch = Watch()
    for _ in range(APPENDS):
        os.write(fd, RECORD)
        os.fdatasync(fd)
    measured = watch.read()
    os.close(fd)
    return measured
