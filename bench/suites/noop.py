"""A build of an unchanged source: the whole command, and the question alone, beside what else could answer it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench import running
from bench.contest import SLUGC, Contest, Contestant, Measured
from bench.world import World, shell

FILES = 20_000
GROWTH = (1_000, 10_000, 100_000)
ALLOWED = "allowed"
SECONDS = 0.5
DIGESTS = "find | xargs sha256sum"
GIT = "git status"
DETECT = "#!/bin/sh\necho Nothing\n"


def suite(world: World) -> Iterator[Contest]:
    slugc = world.slugc()
    pack = _buildpack(world.disk / "pack")
    tree = world.trees.with_files(FILES) / "app"
    yield Contest(
        title=f"slugc build, nothing changed, {FILES} files",
        contestants=(
            Contestant(name=SLUGC, argv=_built(world, slugc, pack, tree, "plain")),
            Contestant(name=DIGESTS, argv=_digests(tree)),
            Contestant(name=ALLOWED, call=lambda _: Measured(value=SECONDS)),
        ),
        targets={DIGESTS: 5, ALLOWED: 1},
    )
    work_tree = _committed(tree, world.disk / "work-tree")
    yield Contest(
        title=f"slugc build, nothing changed, {FILES} files of a git work tree",
        contestants=(
            Contestant(name=SLUGC, argv=_built(world, slugc, pack, work_tree, "git")),
            Contestant(name=DIGESTS, argv=_digests(work_tree)),
            Contestant(name=GIT, argv=("git", "-C", str(work_tree), "status", "--short")),
        ),
    )
    kept = world.disk / "kept"
    running.run(world.program("survey", tree, kept))
    yield Contest(
        title=f"the question alone: is a source of {FILES} files what it was?",
        contestants=(
            Contestant(name=SLUGC, argv=world.program("survey", tree, kept)),
            Contestant(name=DIGESTS, argv=_digests(tree)),
            Contestant(name=GIT, argv=("git", "-C", str(work_tree), "status", "--short")),
        ),
        targets={DIGESTS: 5, GIT: 0.5},
    )
    if world.growth:
        for count in GROWTH:
            tree = world.trees.with_files(count) / "app"
            yield Contest(
                title=f"slugc build, nothing changed, {count} files",
                contestants=(
                    Contestant(name=SLUGC, argv=_built(world, slugc, pack, tree, str(count))),
                    Contestant(name=DIGESTS, argv=_digests(tree)),
                ),
                rounds=3,
                series="no-op by files",
                scale=count / 1000,
                scale_unit="1000 files",
            )


def _built(world: World, slugc: Path, pack: Path, tree: Path, name: str) -> tuple[str, ...]:
    """Build once; the command that then finds nothing to do."""
    environ = ("env", f"SLUGC_HOME={world.disk / 'home'}", f"PATH={os.environ['PATH']}")
    argv = (*environ, str(slugc), "build", str(tree), "--buildpack", str(pack), "--app", name)
    running.run(argv)
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stderr
    if "Nothing changed" not in said:
        raise SystemExit(f"the second build was not a no-op: {said[-400:]}")
    return argv


def _digests(tree: Path) -> tuple[str, ...]:
    return shell('find "$1" -type f -print0 | xargs -0 sha256sum', tree)


def _committed(tree: Path, folder: Path) -> Path:
    subprocess.run(["cp", "-al", str(tree), str(folder)], check=True)
    for ignoring in folder.rglob(".gitignore"):
        ignoring.unlink()
    git = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "All of it"]):
        subprocess.run([*git, *words], check=True)
    return folder


def _buildpack(folder: Path) -> Path:
    """One that does nothing: the time of a no-op must be slugc's own."""
    (folder / "bin").mkdir(parents=True)
    for name, text in (("detect", DETECT), ("compile", "#!/bin/sh\n")):
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    return folder
