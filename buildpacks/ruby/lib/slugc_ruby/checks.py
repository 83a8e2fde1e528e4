"""What is likely wrong with the app: refused before anything is fetched, or said as a warning."""

from pathlib import Path

from slugc_buildpack import transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_buildpack.stack import Stack
from slugc_ruby.installs import BUNDLE
from slugc_ruby.lockfile import FILE, Lock
from slugc_ruby.recipe import TARGET


def source(build: Build, lock: Lock) -> None:
    """Raises Problem for what cannot work."""
    for name in (TARGET, BUNDLE):
        if (build.app / name).exists():
            raise Problem(
                "The source holds a folder that this buildpack makes itself",
                code="ruby.committed-bundle",
                file=name,
                next_step=f"Remove it from the repository: git rm -r --cached {name}\nand add {name} to .gitignore.",
            )
    platform(lock, build.stack)
    if (build.app / ".bundle").is_dir():
        transcript.warn(
            "The source holds a folder .bundle\n"
            "It is the state of another machine, and left out of the slug.\n"
            "Remove it: git rm -r --cached .bundle; and add it to .gitignore."
        )
        trees.remove(build.app / ".bundle")
    if lock.has("sqlite3"):
        transcript.warn(
            "The app has the gem sqlite3\n"
            "A dyno's files are gone when it ends, and a second dyno does not see them: a database kept there is lost."
        )


def platform(lock: Lock, stack: Stack) -> None:
    """Raises Problem for a lock file that has nothing for this stack."""
    fitting = {"ruby", f"{stack.arch}-linux", f"{stack.arch}-linux-gnu"}
    if lock.platforms and not fitting & set(lock.platforms):
        raise Problem(
            "Gemfile.lock was not made for Linux",
            code="ruby.lock-platform",
            file=FILE,
            evidence="PLATFORMS: " + ", ".join(lock.platforms),
            next_step=f"Run: bundle lock --add-platform {stack.arch}-linux\nand commit Gemfile.lock.",
        )


def result(app: Path, web: str | None) -> None:
    if web is None and not (app / "Procfile").is_file():
        transcript.warn(
            "Nothing says how to start the app\nAdd a config.ru, or a Procfile with a line such as\n"
            "web: bundle exec ruby server.rb -p $PORT"
        )
