"""One file of a built app changed: pack again with the previous slug at hand. First proves what it measures."""

import filecmp
import shutil
from collections.abc import Iterator
from pathlib import Path

from bench import running
from bench.contest import SLUGC, Contest, Contestant
from bench.suites.pack import EQUAL, PLAIN, contestants
from bench.world import World
from slugc.slug.reading import read_manifest


def suite(world: World) -> Iterator[Contest]:
    tree = world.disk / "tree"
    shutil.copytree(world.trees.python(), tree, symlinks=True)
    before, after, anew = (world.scratch / name for name in ("before.slug", "after.slug", "anew.slug"))
    running.run(world.program("pack", tree, before))
    changed = next(path for path in sorted(tree.rglob("views.py")) if path.stat().st_size > 1000)
    changed.write_text(changed.read_text() + "\nCHANGED = True\n")
    running.run(world.program("pack", tree, after, before))
    running.run(world.program("pack", tree, anew))
    frames = _prove(before, after, anew)
    others = [item for item in contestants(world, tree) if item.name in {EQUAL, PLAIN}]
    yield Contest(
        title=f"rebuild, one file of the python tree changed ({frames})",
        contestants=(
            Contestant(name=SLUGC, argv=world.program("pack", tree, "{new}", before), makes="{new}"),
            Contestant(name="slugc, from scratch", argv=world.program("pack", tree, "{new}"), makes="{new}"),
            *others,
        ),
        targets={PLAIN: 2.5},
    )


def _prove(before: Path, after: Path, anew: Path) -> str:
    """A rebuilt slug is the same file as one packed from scratch, and only changed frames differ."""
    # Not read whole: what this process holds counts as the peak memory of every child that it starts.
    if not filecmp.cmp(after, anew, shallow=False):
        raise SystemExit("the rebuilt slug is not what packing from scratch gives")
    old = {frame.digest for layer in read_manifest(before).manifest.layers for frame in layer.frames}
    new = [frame.digest for layer in read_manifest(after).manifest.layers for frame in layer.frames]
    return f"{sum(digest in old for digest in new)} of {len(new)} frames reused, same bytes as from scratch"
