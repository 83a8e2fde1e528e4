"""The smallest app of each language: cold, warm and no-op beside the language's own tools; sizes, and the first 200."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

from bench import running
from bench.contest import SLUGC, Contest, Contestant, Measured
from bench.tools import REPOSITORY, Tools
from bench.world import World, shell

COLD = "slugc, cold"
SAME = "slugc, nothing changed"
BOOT_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What a language's own tools do with the same app: caches warm, in a copy of its folder without what an earlier
    build left there. `$fetched` is the folder of what slugc has fetched: the same versions of the tools."""

    source: str
    """The file that changes between builds."""
    comment: str
    own: str
    command: str
    needs: tuple[str, ...] = ()


JAVA = 'java=$(echo "$fetched"/java/*/tree/bin/java); export JAVA_HOME=${java%/bin/java}; mkdir -p "$kept/home"; '

LANGUAGES = {
    "python": Language(
        source="server.py",
        comment="#",
        own="uv venv, uv pip install",
        command="uv venv -q .venv && uv pip install -q --python .venv/bin/python -r requirements.txt",
        needs=("uv",),
    ),
    "node": Language(
        source="index.js",
        comment="//",
        own="npm install",
        command='npm install --cache "$kept/npm" --silent --no-audit --no-fund',
        needs=("npm",),
    ),
    "ruby": Language(
        source="server.rb",
        comment="#",
        own="bundle install",
        command='PATH=$(echo "$fetched"/ruby/*/tree/bin):$PATH BUNDLE_SILENCE_ROOT_WARNING=1 bundle install --local',
    ),
    "java": Language(
        source="src/main/java/shop/Main.java",
        comment="//",
        own="mvn clean install",
        command=JAVA + '"$fetched"/maven/*/tree/bin/mvn -B -Dmaven.repo.local="$kept/m2" -DskipTests clean install',
    ),
    "clojure": Language(
        source="src/shop/main.clj",
        comment=";",
        own="lein uberjar",
        command=JAVA + 'LEIN_JAVA_CMD=$java "$java" -Duser.home="$kept/home" -Dleiningen.script=lein '
        '-cp "$(echo "$fetched"/leiningen/*/tree/*.jar)" clojure.main -m leiningen.core.main uberjar',
    ),
    "scala": Language(
        source="src/main/scala/Main.scala",
        comment="//",
        own="sbt compile stage",
        command=JAVA
        + 'COURSIER_CACHE=$kept/coursier "$java" -Xss4m -Duser.home="$kept/home" -Dsbt.server.autostart=false '
        "-Dsbt.supershell=false -Dsbt.ci=true -jar $fetched/sbt-launcher/*/tree/*.jar compile stage",
    ),
}


def suite(world: World) -> Iterator[Contest]:
    slugc = Tools(world.trees.cache).slugc(world.disk / "installed")
    for name, language in LANGUAGES.items():
        app = REPOSITORY / "fixtures" / f"{name}_basic" / "app"
        if app.is_dir():
            yield from _language(world, slugc, name, language, app)


def _language(world: World, slugc: Path, name: str, language: Language, original: Path) -> Iterator[Contest]:
    place = world.disk / name
    app, home, kept, out = place / "app", place / "home", place / "kept", place / "it.slug"
    build = shell('SLUGC_HOME="$1" exec "$2" build "$3" -o "$4"', home, slugc, app, out)
    fresh = 'mkdir -p "$3" && cp -a "$2" "$3/app" && SLUGC_HOME="$3/home" exec "$1" build "$3/app" -o "$3/it.slug"'
    own = f'cp -a "$1" "$2" && cd "$2" && fetched=$3 kept=$4 && {language.command}'
    beside = shell(own, app, "{new}", home / "runtimes", kept)
    needed = {"argv": beside, "needs": language.needs}
    own_tool = Contestant(name=language.own, **needed)  # type: ignore[arg-type]

    def prepare() -> None:
        """The first build, and what the language's own tool fetches in its first run."""
        if not place.exists():
            kept.mkdir(parents=True)
            shutil.copytree(original, app, symlinks=True)
            running.run(build)
            if not running.absence(own_tool):
                running.run([word.replace("{new}", str(place / "own")) for word in beside])

    yield Contest(
        title=f"{name}: slugc build of the basic app after a change of one file",
        contestants=(
            Contestant(name=SLUGC, call=partial(_changed, language, app, build, count(1)), makes=str(out)),
            Contestant(name=COLD, argv=shell(fresh, slugc, app, "{new}"), makes="{new}/it.slug", rounds=1),
            Contestant(name=SAME, argv=build),
            own_tool,
        ),
        targets={COLD: 3},
        margins={language.own: 1.0},
        rounds=3,
        prepare=prepare,
    )
    yield Contest(
        title=f"{name}: from slugc start to the first 200",
        contestants=(
            Contestant(name=SLUGC, call=partial(_first_answer, slugc, home, out), makes=str(out)),
            Contestant(
                name="of that, the app in its dyno", call=partial(_first_answer, slugc, home, out, of_dyno=True)
            ),
        ),
        rounds=3,
        prepare=prepare,
    )


def _changed(language: Language, app: Path, build: tuple[str, ...], number: "count[int]", _new: Path) -> Measured:
    with (app / language.source).open("a") as source:
        source.write(f"{language.comment} {next(number)}\n")
    return running.run(build)


def _first_answer(slugc: Path, home: Path, slug: Path, new: Path, *, of_dyno: bool = False) -> Measured:
    """of_dyno: from the moment when the app's own command is started, as the log tells it."""
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
            answered = datetime.now(UTC)
        finally:
            running.stop(child)
    if of_dyno:
        wall = (answered - _started((new / "log").read_text())).total_seconds()
    return Measured(value=wall, wall=wall)


def _started(log: str) -> datetime:
    line = next(line for line in log.splitlines() if "Starting process with command" in line)
    return datetime.fromisoformat(line.split()[0])


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as got:
            return bool(got.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
