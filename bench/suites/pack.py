"""A built tree becomes one compressed, digested file. Equal job: sorted names, clamped times, root's, a sha256."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench import running
from bench.contest import SLUGC, Contest, Contestant, Measured
from bench.world import World, shell

SORTED = (
    'tar --sort=name --mtime=@1700000000 --owner=0 --group=0 --numeric-owner --hard-dereference -C "$1" -cf - ./app'
)
LARGE = 4_000_000_000
ALLOWED, ALLOWED_MB = "allowed", 400
EQUAL = "tar --sort | zstd -3 -T0 | tee | sha256sum"
PLAIN = "tar | zstd -3 -T0"
GZIP = "tar czf (Heroku's format)"
PIGZ = "tar | pigz"


def suite(world: World) -> Iterator[Contest]:
    trees = {"python": world.trees.python(), "node": world.trees.node(), "binaries": world.trees.binaries()}
    for name, tree in trees.items():
        yield Contest(
            title=f"pack, {name} tree",
            contestants=contestants(world, tree),
            targets={EQUAL: 1.15, PLAIN: 0.95, GZIP: 10, PIGZ: 5},
            memory=False,
        )
    yield Contest(
        title="pack, memory, python tree",
        contestants=tuple(item for item in contestants(world, trees["python"]) if item.name in {SLUGC, PLAIN}),
        rounds=1,
        memory=True,
    )
    yield large(world)
    if world.growth:
        yield from growth(world)


def large(world: World) -> Contest:
    tree = world.trees.with_bytes(LARGE)

    def together(argv: tuple[str, ...], new: Path) -> Measured:
        run = running.run([word.replace("{new}", str(new)) for word in argv], memory=True)
        new.unlink()
        return replace(run, value=run.total / 1e6)

    return Contest(
        title="pack, 4 GB: memory of all its processes together",
        contestants=(
            *(
                Contestant(name=item.name, call=partial(together, item.argv), needs=item.needs)
                for item in contestants(world, tree)
                if item.name in {SLUGC, PLAIN}
            ),
            Contestant(name=ALLOWED, call=lambda _: Measured(value=ALLOWED_MB)),
        ),
        unit="MB",
        targets={ALLOWED: 1},
        rounds=1,
    )


def growth(world: World) -> Iterator[Contest]:
    for count in (1_000, 10_000, 100_000):
        yield _point(world, "pack by files", world.trees.with_files(count), count / 1000, "1000 files")
    for megabytes in (10, 100, 1000, 4000):
        tree = world.trees.with_bytes(megabytes * 1_000_000)
        yield _point(world, "pack by bytes", tree, megabytes / 100, "100 MB")


def _point(world: World, series: str, tree: Path, scale: float, unit: str) -> Contest:
    chosen = tuple(item for item in contestants(world, tree) if item.name in {SLUGC, PLAIN})
    return Contest(
        title=f"{series}: {scale:g} x {unit}",
        contestants=chosen,
        rounds=2,
        memory=True,
        series=series,
        scale=scale,
        scale_unit=unit,
    )


def contestants(world: World, tree: Path) -> tuple[Contestant, ...]:
    return (
        Contestant(name=SLUGC, argv=world.program("pack", tree, "{new}"), makes="{new}"),
        Contestant(
            name=EQUAL,
            argv=shell(f'{SORTED} | zstd -q -3 -T0 | tee "$2" | sha256sum', tree, "{new}"),
            needs=("tar", "zstd"),
            makes="{new}",
        ),
        Contestant(
            name=PLAIN,
            argv=shell('tar --hard-dereference -C "$1" -cf - ./app | zstd -q -3 -T0 > "$2"', tree, "{new}"),
            needs=("tar", "zstd"),
            makes="{new}",
        ),
        Contestant(
            name="bsdtar --zstd",
            argv=("bsdtar", "--options", "zstd:threads=2", "--zstd", "-C", str(tree), "-cf", "{new}", "./app"),
            needs=("bsdtar",),
            makes="{new}",
        ),
        Contestant(
            name=GZIP,
            argv=("tar", "-C", str(tree), "-czf", "{new}", "./app"),
            needs=("tar",),
            rounds=2,
            makes="{new}",
        ),
        Contestant(
            name=PIGZ,
            argv=shell('tar -C "$1" -cf - ./app | pigz > "$2"', tree, "{new}"),
            needs=("tar", "pigz"),
            rounds=2,
            makes="{new}",
        ),
        Contestant(
            name="mksquashfs zstd -3",
            argv=shell('mksquashfs "$1" "$2" -comp zstd -Xcompression-level 3 -no-progress -quiet', tree, "{new}"),
            needs=("mksquashfs",),
            makes="{new}",
        ),
    )
