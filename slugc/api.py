"""What `import slugc` offers: the words of the command line, as functions."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.events import Emit, silent
from slugc.host.clock import Clock, SystemClock
from slugc.host.home import Home
from slugc.model.build import BuildRequest, BuildResult, Detection, Isolation
from slugc.model.dyno import DEFAULT_SIZE, DynoSize
from slugc.model.slug import Slug

if TYPE_CHECKING:
    from slugc.cache import BuildCache
    from slugc.dynos.settings import DynoSettings
    from slugc.model.buildpack import BuildpackFacts
    from slugc.model.finding import Finding
    from slugc.model.release import ReleaseManifest
    from slugc.slug.collect import Collected, Holding
    from slugc.slug.contents import Listed
    from slugc.slug.export import Exported
    from slugc.slug.verify import Checked


def build(
    request: BuildRequest | str | os.PathLike[str],
    *,
    home: Home | None = None,
    clock: Clock | None = None,
    emit: Emit = silent,
) -> BuildResult:
    """Build a slug; a source alone is a request with every default. Raises SlugcError."""
    from slugc import pipeline

    return pipeline.build(
        request if isinstance(request, BuildRequest) else BuildRequest(source=os.fspath(request)),
        home=home or Home.of_this_user(),
        clock=clock or SystemClock(),
        environ=os.environ,
        emit=emit,
    )


def why(request: BuildRequest, *, home: Home | None = None, clock: Clock | None = None) -> tuple[str, ...]:
    """Why `build` would run the buildpacks again; empty where it would not. Raises SlugcError."""
    from slugc import pipeline

    return pipeline.why(request, home=home or Home.of_this_user(), clock=clock or SystemClock(), environ=os.environ)


def run(
    reference: str,
    words: Sequence[str],
    *,
    config: Mapping[str, str] | None = None,
    type_name: str | None = None,
    size: DynoSize = DEFAULT_SIZE,
    stack: str | None = None,
    isolation: Isolation = Isolation.AUTO,
    home: Home | None = None,
    clock: Clock | None = None,
    emit: Emit = silent,
) -> int:
    """Run a command in a one-off dyno joined to this process's stdio, and return its exit code (128 + N for
    signal N). `reference`: a slug, a source or a release.json. Raises SlugcError."""
    from slugc import boot

    asking = boot.Asking(
        home=home or Home.of_this_user(),
        clock=clock or SystemClock(),
        environ=os.environ,
        emit=emit,
        stack=stack,
        isolation=isolation,
        config=config or {},
    )
    return boot.run(boot.find(reference, asking), words, asking, type_name=type_name, size=size)


def start(
    reference: str,
    *,
    port: int | None = None,
    formation: Sequence[str] = (),
    config: Mapping[str, str] | None = None,
    settings: "DynoSettings | None" = None,
    stack: str | None = None,
    isolation: Isolation = Isolation.AUTO,
    write_out: Callable[[bytes], None],
    on_ready: Callable[[str], None],
    home: Home | None = None,
    clock: Clock | None = None,
    emit: Emit = silent,
) -> int:
    """Boot an app in the foreground and serve it at a loopback port, until SIGINT or SIGTERM: 130 or 143.

    write_out gets the log's lines, on_ready the URL as soon as a web dyno listens. Raises SlugcError, for example
    BootTimedOut or CrashedAtBoot; then nothing runs any more."""
    from slugc import boot
    from slugc.dynos.formation import check
    from slugc.dynos.settings import DynoSettings

    check(formation)  # said now, not after a long build
    asking = boot.Asking(
        home=home or Home.of_this_user(),
        clock=clock or SystemClock(),
        environ=os.environ,
        emit=emit,
        stack=stack,
        isolation=isolation,
        config=config or {},
    )
    named = boot.find(reference, asking)
    starting = boot.Starting(port=port, formation=formation, settings=settings or DynoSettings())
    return boot.start(named, starting, asking, write_out=write_out, on_ready=on_ready)


def release(
    reference: str,
    out: Path,
    *,
    config: Mapping[str, str] | None = None,
    home: Home | None = None,
    clock: Clock | None = None,
    emit: Emit = silent,
) -> "ReleaseManifest":
    """Write a release manifest, readable by its owner alone: config vars may be secrets. Raises SlugcError."""
    from slugc import boot

    asking = boot.Asking(
        home=home or Home.of_this_user(),
        clock=clock or SystemClock(),
        environ=os.environ,
        emit=emit,
        config=config or {},
    )
    return boot.write_release(boot.find(reference, asking), out, asking)


def doctor(*, home: Home | None = None) -> "tuple[Finding, ...]":
    """What this machine offers, and what to install for more. Changes nothing and fetches nothing."""
    from slugc.sandbox import cgroups, choose
    from slugc.stack import machine

    walls = (choose.finding(), cgroups.finding())
    return machine.survey(home or Home.of_this_user(), environ=os.environ, given=walls)


def detect(
    sources: Sequence[str] = (".",),
    *,
    buildpacks: Sequence[str] = (),
    every: bool = False,
    request: BuildRequest | None = None,
    home: Home | None = None,
    clock: Clock | None = None,
) -> tuple[Detection, ...]:
    """The matrix of buildpacks by sources: what each bin/detect says of each source. With `buildpacks` (or a
    source that names its own) all must pass, else the first that does wins; `every` asks on after the decision.
    `request` brings the other options (stack, isolation, network). Raises SlugcError."""
    from slugc import pipeline

    options = request or BuildRequest(source=".")
    return tuple(
        pipeline.detect(
            replace(options, source=source, buildpacks=tuple(buildpacks)),
            every=every,
            home=home or Home.of_this_user(),
            clock=clock or SystemClock(),
            environ=os.environ,
        )
        for source in sources
    )


def inspect_buildpack(
    reference: str, *, network: bool = True, home: Home | None = None, emit: Emit = silent
) -> "tuple[BuildpackFacts, ...]":
    """What a buildpack, package or builder says of itself, and of all that comes with it. Raises SlugcError."""
    from slugc.buildpack.looking import look

    return look(reference, base=Path.cwd(), home=home or Home.of_this_user(), network=network, emit=emit)


def builtin_buildpacks() -> "tuple[BuildpackFacts, ...]":
    """The buildpacks that come with slugc, in detection order."""
    from slugc.buildpack.looking import built_in

    return built_in()


def export_cache(source: str, file: Path, *, app: str | None = None, home: Home | None = None) -> int:
    """Write the build cache of `source` (or of `app`, as `build` was told) and its last slug to `file`, a .tar.zst
    to carry between CI runs; bytes written. Raises CacheUnknown."""
    from slugc.slug.store import SlugStore

    cache = _cache(source, app, home)
    known = cache.recall()
    slug = SlugStore(cache.home).stored(known.slug) if known else None
    return cache.export(file, slug=slug.path if slug else None)


def import_cache(source: str, file: Path, *, app: str | None = None, home: Home | None = None) -> int:
    """Replace the build cache of `source` by an exported one, and store the slug that came with it; bytes of
    content. Raises CacheArchiveRefused, and the errors of a damaged slug."""
    from slugc.slug.store import SlugStore

    cache = _cache(source, app, home)
    with cache.imported(file) as slug:
        if slug is not None:
            SlugStore(cache.home).add(slug)
    return cache.size()


def caches(*, home: Home | None = None) -> dict[str, int]:
    """Bytes of every build cache, by the app's name or its source's path."""
    from slugc.cache import known_apps

    return known_apps(home or Home.of_this_user())


def clear_cache(source: str = ".", *, app: str | None = None, home: Home | None = None) -> tuple[str, int]:
    """Remove an app's build cache; the app's name or its source's path, and the bytes freed. Raises CacheUnknown."""
    found = _cache(source, app, home)
    return found.app, found.clear()


def _cache(source: str, app: str | None, home: Home | None) -> "BuildCache":
    from slugc.cache import BuildCache
    from slugc.source import locate

    return BuildCache(home=home or Home.of_this_user(), app=app or str(locate(source).path))


def find_slug(reference: str, *, home: Home | None = None) -> Slug:
    """The slug that a path, a digest or a digest's beginning names. Raises SlugcError."""
    from slugc.slug.store import SlugStore

    return SlugStore(home or Home.of_this_user()).find(reference)


def members(slug: Slug) -> "Iterator[Listed]":
    """Every file, link and folder of a slug, layer by layer. Raises SlugcError."""
    from slugc.slug import contents

    return contents.members(slug)


def cat(slug: Slug, path: bytes, write: Callable[[memoryview], object]) -> None:
    """Write one file of a slug. Raises SlugcError."""
    from slugc.slug import contents

    contents.cat(slug, path, write)


def extract(slug: Slug, folder: Path, *, emit: Emit = silent) -> None:
    """Unpack a slug into a new folder. Raises SlugcError."""
    from slugc.slug.unpack import unpack

    unpack(slug, folder, emit=emit)


def verify(slug: Slug, *, emit: Emit = silent) -> "Checked":
    """Check all digests of a slug. Raises DigestMismatch."""
    from slugc.slug.verify import check_frames

    return check_frames(slug, emit=emit)


def verify_rebuild(
    slug: Slug, request: BuildRequest, *, home: Home | None = None, clock: Clock | None = None, emit: Emit = silent
) -> None:
    """Build `request` again, with an empty cache, and compare. The stack and the level are the slug's own.

    Raises OtherSource, NotReproducible, and what a build raises.
    """
    from slugc.slug import compare

    request = replace(
        request, stack=slug.manifest.stack.name, level=compare.level_of(slug), use_cache=False, rebuild=True
    )
    compare.check_same(slug, build(request, home=home, clock=clock, emit=emit).slug, source=request.source)


def export_heroku(slug: Slug, folder: Path, *, stack: str | None = None, emit: Emit = silent) -> "Exported":
    """Write slug.tgz and the body of Heroku's slug-create call. Raises NotExportable."""
    from slugc.slug import export

    return export.export_heroku(slug, folder, stack=stack, emit=emit)


EXPORTS = {"heroku": export_heroku}


def stored_slugs(*, home: Home | None = None) -> "tuple[Holding, ...]":
    """What the store holds, the slug unused for longest first."""
    from slugc.slug import collect
    from slugc.slug.store import SlugStore

    return collect.holdings(SlugStore(home or Home.of_this_user()))


def collect_garbage(*, budget: int, home: Home | None = None, clock: Clock | None = None) -> "Collected":
    """Bring the store below `budget` bytes, sparing what releases and dynos use, let go of fetched buildpacks that no
    build has used for long, and empty the trash."""
    from slugc.buildpack import copies
    from slugc.slug import collect
    from slugc.slug.store import SlugStore

    home = home or Home.of_this_user()
    clock = clock or SystemClock()
    report = collect.collect(SlugStore(home), budget=budget, clock=clock, keep=_slugs_in_use(home, clock))
    report = replace(report, buildpacks=copies.collect(home, now=clock.now().timestamp()))
    collect.empty_trash(home)
    return report


def _slugs_in_use(home: Home, clock: Clock) -> frozenset[str]:
    from slugc.ledger.store import FILE_NAME, Ledger

    path = home.state / FILE_NAME
    if not path.exists():
        return frozenset()
    ledger = Ledger(path, clock=clock)
    try:
        return ledger.slugs_in_use()
    finally:
        ledger.close()
