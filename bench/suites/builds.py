"""The smallest app of each language: cold, warm and no-op beside the language's own tools; sizes, and the first 200."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import running
from bench.contest import SLUGC, Contest, Contestant, Measured
from bench.tools import REPOSITORY
from bench.world import World, shell

COLD = "slugc, cold"
BOOT_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What the language's own tools do with the same app, their caches warm, in a copy of its folder."""

    name: str
    command: str
    needs: tuple[str, ...]


OWN = {
    "python": Own(
        name="uv venv, uv pip install",
        command="uv venv -q .venv && uv pip install -q --python .venv/bin/python -r requirements.txt",
        needs=("uv",),
    ),
    "node": Own(name="npm install", command="npm install --silent --no-audit --no-fund", needs=("npm",)),
    "ruby": Own(name="bundle install", command="bundle install --quiet --local", needs=("bundle",)),
    "java": Own(name="mvn package", command="mvn -q -B -DskipTests package", needs=("mvn",)),
    "clojure": Own(name="lein uberjar", command="lein uberjar", needs=("lein",)),
    "scala": Own(name="sbt compile stage", command="sbt -batch compile stage", needs=("sbt",)),
}


def suite(world: World) -> Iterator[Contest]:
    slugc = world.slugc()
    for language, own in OWN.items():
        app = REPOSITORY / "fixtures" / f"{language}_basic" / "app"
        if app.is_dir():
            yield from _language(world, slugc, language, own, app)


def _language(world: World, slugc: Path, language: str, own: Own, app: Path) -> Iterator[Contest]:
    home, out = world.disk / language, world.disk / f"{language}.slug"
    build = shell('SLUGC_HOME="$1" exec "$2" build "$3" --app bench -o "$4" $5', home, slugc, app, out)
    running.run(build)
    fresh = (
        'mkdir -p "$3" && cp -a "$2" "$3/app" && cd "$3/app" && SLUGC_HOME="$3/home" exec "$1" build . -o "$3/it.slug"'
    )
    copied = 'cp -a "$1" "$2" && cd "$2" && ' + own.command
    yield Contest(
        title=f"{language}: slugc build --rebuild of the basic app, everything fetched before",
        contestants=(
            Contestant(name=SLUGC, argv=(*build, "--rebuild"), makes=str(out)),
            Contestant(name=COLD, argv=shell(fresh, slugc, app, "{new}"), makes="{new}/it.slug"),
            Contestant(name="slugc, nothing changed", argv=build),
            Contestant(name=own.name, argv=shell(copied, app, "{new}"), needs=own.needs),
        ),
        targets={COLD: 3},
        rounds=3,
    )
    yield Contest(
        title=f"{language}: from slugc start to the first 200",
        contestants=(Contestant(name=SLUGC, call=partial(_first_answer, slugc, home, out), makes=str(out)),),
        rounds=3,
    )


def _first_answer(slugc: Path, home: Path, slug: Path, new: Path) -> Measured:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    new.mkdir()
    began = time.perf_counter()
    with (new / "log").open("wb") as log:
        child = subprocess.Popen(
            [str(slugc), "start", str(slug), "--port", str(port)],
            env={**os.environ, "SLUGC_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            while not _answers(port):
                if child.poll() is not None or time.perf_counter() - began > BOOT_SECONDS:
                    raise SystemExit(f"{slug.name} did not answer: {(new / 'log').read_text()[-800:]}")
                time.sleep(0.01)
            wall = time.perf_counter() - began
        finally:
            running.stop(child)
    return Measured(value=wall, wall=wall)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as got:
            return bool(got.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
