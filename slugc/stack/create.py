"""Stacks made from packages, or taken from archives."""

from collections.abc import Mapping
from pathlib import Path

from slugc.events import Emit, Step
from slugc.host.files import scratch
from slugc.host.home import Home
from slugc.stack import debian, store
from slugc.stack.store import StackEntry


def create(
    name: str,
    *,
    suite: str,
    home: Home,
    environ: Mapping[str, str],
    emit: Emit,
    mirror: str | None = None,
    replace: bool = False,
) -> StackEntry:
    """A run and a build variant from the packages of a Debian or Ubuntu suite, in about a minute.

    Raises StackNameUnusable, StackExists, StackToolMissing, StackNotMade.
    """
    store.require_free(name, home=home, replace=replace)
    with scratch(home.work, "stack") as folder:
        # mmdebstrap may work as another user inside: it must be able to reach its target.
        folder.chmod(0o755)
        archives: dict[debian.Variant, Path] = {"run": folder / "run.tar", "build": folder / "build.tar"}
        for variant, target in archives.items():
            emit(Step(text=f"Making the {variant} variant of {name} from {suite}"))
            debian.bootstrap(suite, target, variant, mirror=mirror, environ=environ, emit=emit)
        emit(Step(text=f"Unpacking {name}"))
        run, build = archives["run"], archives["build"]
        return store.add(name, run=run, build=build, origin=f"suite {suite}", home=home, replace=replace)


def take(name: str, *, run: Path, build: Path | None, home: Home, replace: bool = False) -> StackEntry:
    """A stack from tar archives of root file systems (as `docker export` or debootstrap give them).

    Raises StackNameUnusable, StackExists, StackArchiveUnusable.
    """
    return store.add(name, run=run, build=build, origin=run.name, home=home, replace=replace)
