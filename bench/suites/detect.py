"""Detection with 20 Cloud Native buildpacks of which 10 refuse, beside their own run times without any sandbox."""

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from bench.contest import SLUGC, Contest, Contestant, Measured
from bench.world import World

COUNT = 20
# About 40 ms of arithmetic in the shell each: detection is mostly small scripts that look at files.
SCRIPT = "#!/bin/bash\nfor ((n = 0; n < 12000; n++)); do :; done\n[ -f README ] || exit 3\nexit {code}\n"
ONE_BY_ONE = "their own run times, one after another"
TOGETHER = "the same, as many at a time as there are processors"


def suite(world: World) -> Iterator[Contest]:
    app, order = make(world.scratch)
    scripts = sorted(order.glob("buildpacks/*/*/bin/detect"))
    contestants = (
        Contestant(name=SLUGC, call=lambda new: slugc(order, app, new)),
        Contestant(name=ONE_BY_ONE, call=lambda _: plain(scripts, app, workers=1)),
        Contestant(name=TOGETHER, call=lambda _: plain(scripts, app, workers=os.cpu_count() or 1)),
    )
    yield Contest(title=f"detect, {COUNT} buildpacks, half of them refuse", contestants=contestants)
    yield Contest(
        title="detect, overhead of slugc a buildpack (sandbox, plans, events) over running all at once",
        contestants=(
            Contestant(name=SLUGC, call=lambda new: overhead(order, app, new, scripts)),
            Contestant(name="allowed", call=lambda _: Measured(value=15.0)),
        ),
        unit="ms",
        targets={"allowed": 1.0},
    )


def make(folder: Path) -> tuple[Path, Path]:
    """An app, and a builder whose one group has all the buildpacks; those that refuse are optional."""
    app, order = folder / "app", folder / "builder"
    app.mkdir()
    (app / "README").write_text("an app\n")
    text = "[[order]]\n"
    for n in range(COUNT):
        pack = order / f"buildpacks/b{n:02}/1.0.0"
        (pack / "bin").mkdir(parents=True)
        (pack / "buildpack.toml").write_text(f'api = "0.10"\n[buildpack]\nid = "b{n:02}"\nversion = "1.0.0"\n')
        for name, code in (("detect", 100 * (n % 2)), ("build", 0)):
            (pack / "bin" / name).write_text(SCRIPT.format(code=code))
            (pack / "bin" / name).chmod(0o755)
        text += f'[[order.group]]\nid = "b{n:02}"\noptional = {str(bool(n % 2)).lower()}\n'
    (order / "order.toml").write_text(text)
    return app, order


def plain(scripts: list[Path], app: Path, *, workers: int) -> Measured:
    """The programs alone: no sandbox, nothing read of what they say."""

    def one(script: Path) -> None:
        subprocess.run([script, "/nowhere", os.devnull], cwd=app, capture_output=True, check=False)

    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        list(pool.map(one, scripts))
    return Measured(value=time.perf_counter() - began, wall=time.perf_counter() - began)


def slugc(order: Path, app: Path, new: Path) -> Measured:
    """The detect phase of a build: the walk, the sandboxes, the plans. The source is copied before."""
    from slugc import pipeline
    from slugc.compile.workshop import open_workshop
    from slugc.detect.candidates import candidates
    from slugc.detect.resolve import cloud_native_phase
    from slugc.events import silent
    from slugc.host.clock import SystemClock
    from slugc.host.home import Home
    from slugc.model.build import BuildRequest

    home, environ = Home(new / "home"), {"PATH": os.defpath}
    request = BuildRequest(source=str(app), buildpacks=(str(order),))
    site = pipeline.open_site(request, home=home, clock=SystemClock(), environ=environ, emit=silent)
    work = new / "work"
    work.mkdir(parents=True)
    tree = pipeline.snapshot_into(site, work)
    asked = candidates(
        pipeline.wanted(request.buildpacks, tree.root, emit=silent),
        source=tree.root,
        home=home,
        network=True,
        emit=silent,
    )
    shop = open_workshop(
        request, tree, stack=site.stack, engine=site.choice.engine, home=home, work=work, environ=environ
    )
    began = time.perf_counter()
    phase = cloud_native_phase(asked, shop, emit=silent)
    group = phase.chosen(phase.resolve())
    took = time.perf_counter() - began
    if len(group) != COUNT // 2:
        raise SystemExit(f"{len(group)} buildpacks passed, not {COUNT // 2}")
    return Measured(value=took, wall=took)


def overhead(order: Path, app: Path, new: Path, scripts: list[Path]) -> Measured:
    """Milliseconds a buildpack: both measured right after each other, for the machine's pace changes."""
    alone = plain(scripts, app, workers=COUNT)
    whole = slugc(order, app, new)
    return replace(whole, value=max(0.01, (whole.wall - alone.wall) * 1000 / COUNT))
