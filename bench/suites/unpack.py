"""A slug becomes a tree again: into memory, where the disk does not count, and onto the disk."""

from collections.abc import Iterator
from pathlib import Path

from bench import running
from bench.contest import SLUGC, Contest, Contestant
from bench.world import World, shell

TAR = "tar -x --zstd"


def suite(world: World) -> Iterator[Contest]:
    trees = {"python": world.trees.python(), "node": world.trees.node(), "binaries": world.trees.binaries()}
    for name, tree in trees.items():
        slug, archive, gz = (world.scratch / f"{name}.{kind}" for kind in ("slug", "tar.zst", "tgz"))
        running.run(world.program("pack", tree, slug))
        running.run(shell('tar -C "$1" -cf - ./app | zstd -q -3 -T0 > "$2"', tree, archive))
        running.run(shell('tar -C "$1" -cf - ./app | gzip -1 > "$2"', tree, gz))
        yield Contest(
            title=f"unpack, {name} tree, in memory",
            contestants=contestants(world, slug, archive, gz),
            targets={TAR: 1.5},
        )
        for path in (slug, archive, gz):
            path.unlink()


def contestants(world: World, slug: Path, archive: Path, gz: Path) -> tuple[Contestant, ...]:
    into = 'mkdir "$2" && exec {} -C "$2" -xf "$1"'
    return (
        Contestant(name=SLUGC, argv=world.program("unpack", slug, "{new}")),
        Contestant(name=TAR, argv=shell(into.format("tar --zstd"), archive, "{new}"), needs=("tar", "zstd")),
        Contestant(name="tar -xz (Heroku's format)", argv=shell(into.format("tar -z"), gz, "{new}"), needs=("tar",)),
        Contestant(name="bsdtar -x", argv=shell(into.format("bsdtar"), archive, "{new}"), needs=("bsdtar",)),
    )
