"""Dynos of a stored slug started and run to their end, beside bare bubblewrap and beside unpacking for each."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.contest import SLUGC, Contest, Contestant, Measured
from bench.running import Watch
from bench.world import World
from slugc.dynos.supervisor import Supervisor
from slugc.dynos.world import Ground
from slugc.host.clock import SystemClock
from slugc.host.home import Home
from slugc.host.processes import Command
from slugc.model.build import Isolation
from slugc.model.dyno import Bootable
from slugc.model.process import ProcessType
from slugc.sandbox import cgroups
from slugc.sandbox.bubblewrap import Bubblewrap
from slugc.sandbox.choose import choose
from slugc.stack import find
from slugc.stack.gathered import Kept

COUNTS = (1, 10, 50)
GROWTH = 200
BARE = "bare bubblewrap, /usr, /tmp and the overlay alone"
GROUPED = "the same, each in control groups of its own"
ALLOWED = "allowed"
OWN_MS = 8.0
UNPACKED = "unpacked for each dyno (tar -x), no walls"

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}


def suite(world: World) -> Iterator[Contest]:
    tree = world.disk / "tree"
    (tree / "app").mkdir(parents=True)
    (tree / "app" / "Procfile").write_text("web: true\n")
    packed = world.disk / "app.tar.zst"
    subprocess.run(["tar", "-C", str(world.trees.python()), "-c", "--zstd", "-f", str(packed), "."], check=True)
    ground = ground_in(world.scratch)
    if not isinstance(ground.engine, Bubblewrap):
        raise SystemExit("bubblewrap does not work here: there is nothing to compare with")
    for count in (*COUNTS, GROWTH) if world.growth else COUNTS:
        yield Contest(
            title=f"boot of {count} dynos, to the end of their command",
            contestants=(
                Contestant(name=SLUGC, call=partial(of_slugc, ground, tree, count)),
                Contestant(name=BARE, call=partial(bare, ground, tree, count)),
                *([Contestant(name=GROUPED, call=partial(grouped, ground, tree, count))] if ground.offer else []),
            ),
            unit="s",
            targets={BARE: 1 / 1.3, GROUPED: 1 / 1.3},
            series="boot of dynos",
            scale=count,
            scale_unit="dynos",
        )
    yield Contest(
        title="boot of 10 dynos beside unpacking the slug for each of them",
        contestants=(
            Contestant(name=SLUGC, call=partial(of_slugc, ground, tree, 10)),
            Contestant(name=UNPACKED, call=partial(unpacked, packed, 10)),
        ),
        targets={UNPACKED: 100.0},
    )
    yield Contest(
        title="slugc's own part of the boot of 10 dynos, a dyno",
        contestants=(
            Contestant(name=SLUGC, call=partial(own_part, ground, tree, 10)),
            Contestant(name=ALLOWED, call=lambda _: Measured(value=OWN_MS)),
        ),
        unit="ms",
        targets={ALLOWED: 1.0},
    )


def ground_in(scratch: Path) -> Ground:
    etc = scratch / "etc"
    etc.mkdir()
    stack = find("host", home=Home(scratch / "home"))
    engine = choose(Isolation.AUTO, scratch=scratch / "work").engine
    mounts = stack.mounts("run")
    return Ground(engine=engine, mounts=mounts, kept=Kept(mounts, etc), path=stack.path, offer=cgroups.look())


def of_slugc(ground: Ground, tree: Path, count: int, _: Path) -> Measured:
    return asyncio.run(slugc(ground, tree, count))


class Silent:
    def write(self, source: str, dyno: str, data: bytes) -> None:
        """Nobody listens."""

    def event(self, source: str, dyno: str, text: str) -> None:
        """Nobody listens."""


async def slugc(ground: Ground, tree: Path, count: int) -> Measured:
    """The time for one-off dynos of one supervisor, control groups included, until it knows how each of them ended."""
    supervisor = Supervisor("bench", ground=ground, sink=Silent(), clock=SystemClock())
    process = ProcessType(name="bench", command="true")
    release = Bootable(app="bench", version=1, tree=tree, processes=(process,))
    watch = Watch()
    dynos = [supervisor.run(release, process) for _ in range(count)]
    statuses = await asyncio.gather(*(dyno.ended for dyno in dynos))
    measured = watch.read()
    await supervisor.shutdown()
    if any(statuses):
        raise SystemExit(f"dynos ended with {statuses}")
    return measured


def own_part(ground: Ground, tree: Path, count: int, new: Path) -> Measured:
    """Milliseconds a dyno that bubblewrap does not take: both measured right after each other."""
    whole, alone = of_slugc(ground, tree, count, new), bare(ground, tree, count, new)
    return replace(whole, value=max(0.01, (whole.value - alone.value) * 1000 / count))


def bare(ground: Ground, tree: Path, count: int, _: Path) -> Measured:
    words = words_of(ground, tree)
    watch = Watch()
    ended([subprocess.Popen(words, **QUIET) for _ in range(count)])
    return watch.read()


def grouped(ground: Ground, tree: Path, count: int, _: Path) -> Measured:
    """The equal job: bounds on memory, processes and processor time as a dyno has them."""
    assert ground.offer is not None
    words, groups, children = words_of(ground, tree), [], []
    bounds = cgroups.Bounds(memory=1 << 30, processes=256)
    watch = Watch()
    for number in range(count):
        group = cgroups.make(f"bench-{number}", bounds, offer=ground.offer)
        assert group is not None
        groups.append(group)
        children.append(subprocess.Popen(group.command(Command(argv=words)).argv, **QUIET))
    ended(children)
    measured = watch.read()
    for group in groups:
        group.remove()
    return measured


def ended(children: list["subprocess.Popen[bytes]"]) -> None:
    statuses = [child.wait() for child in children]
    if any(statuses):
        raise SystemExit(f"bubblewrap ended with {statuses}")


def words_of(ground: Ground, tree: Path) -> tuple[str, ...]:
    assert isinstance(ground.engine, Bubblewrap)
    words = [str(ground.engine.program), "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    words += ["--uid", "1000", "--gid", "1000", "--die-with-parent", "--new-session", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib64"):
        place = Path("/", name)
        if place.is_symlink():
            words += ["--symlink", str(place.readlink()), str(place)]
        elif place.exists():
            words += ["--ro-bind", str(place), str(place)]
    words += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--overlay-src", str(tree / "app")]
    words += ["--tmp-overlay", "/app", "--chdir", "/app", "/bin/bash", "-c", "true"]
    return tuple(words)


def unpacked(packed: Path, count: int, new: Path) -> Measured:
    folders = [new / str(n) for n in range(count)]
    for folder in folders:
        folder.mkdir(parents=True)
    watch = Watch()
    children = [
        subprocess.Popen(["sh", "-c", 'tar -C "$1" -x --zstd -f "$2" && cd "$1" && bash -c true', "sh", folder, packed])
        for folder in folders
    ]
    statuses = [child.wait() for child in children]
    measured = watch.read()
    shutil.rmtree(new, ignore_errors=True)
    if any(statuses):
        raise SystemExit(f"tar ended with {statuses}")
    return measured
