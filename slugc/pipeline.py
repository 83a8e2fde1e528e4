"""A build, on one page: source -> detect -> compile -> release metadata -> pack -> slug.

Read this first. Every stage takes values and gives values; what a stage does is in the package of its name.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from slugc import __version__
from slugc.buildpack.fetching import fetch
from slugc.buildpack.wanted import wanted
from slugc.cache import BuildCache, Remembered
from slugc.compile import inputs
from slugc.detect.candidates import candidates
from slugc.errors.slug import SlugNotWritten
from slugc.events import BuildFinished, BuildStarted, Emit, InputsChanged, NothingChanged, silent
from slugc.host.clock import Clock
from slugc.host.files import refused, scratch, sweep
from slugc.host.home import Home
from slugc.model.build import BuildRequest, BuildResult, Detected, Detection, ReleaseMetadata, SourceTree
from slugc.model.buildpack import Buildpack, BuildpackRecord, BuildpackReference
from slugc.model.inputs import Inputs, changes
from slugc.model.slug import Slug, SlugManifest
from slugc.sandbox.choose import Choice, choose
from slugc.slug.store import SlugStore
from slugc.source import Place, configuration, locate, snapshot, survey
from slugc.stack import Stack
from slugc.stack import find as find_stack

if TYPE_CHECKING:
    from slugc.compile.run import Compilation


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where one build takes place, and what it may use."""

    request: BuildRequest
    place: Place
    stack: Stack
    choice: Choice
    cache: BuildCache
    store: SlugStore
    home: Home
    clock: Clock
    environ: Mapping[str, str]
    emit: Emit


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    inputs: Inputs
    salt: str


def build(
    request: BuildRequest, *, home: Home, clock: Clock, environ: Mapping[str, str], emit: Emit = silent
) -> BuildResult:
    """Build a slug, or give the previous one where nothing has changed since. `environ` is the caller's
    environment, of which children see a few allowed variables.

    Raises the errors of every stage (20 to 69); then no slug appears, and the cache is as it was.
    """
    if request.out is not None and (refusal := refused(request.out)):  # said now, not after a long build
        raise SlugNotWritten(path=str(request.out), reason=refusal)
    site = open_site(request, home=home, clock=clock, environ=environ, emit=emit)
    emit(BuildStarted(source=request.source, stack=site.stack.name, isolation=site.choice.text))
    began = clock.monotonic()
    with scratch(home.work, "build") as work:
        known = site.cache.recall()
        now, tree, asked = look(site, work, known)
        reasons = _reasons(site, known, now)
        if known is not None and not reasons:
            return _unchanged(site, known, now, clock.monotonic() - began)
        if known is not None:
            emit(InputsChanged(reasons=tuple(reasons)))
        tree = tree or snapshot_into(site, work)
        slug = _build(site, work=work, tree=tree, asked=asked, now=now, known=known)
    sweep(home.work, now=clock.now().timestamp())
    return _finished(site, slug, clock.monotonic() - began, reasons=tuple(reasons))


def _build(
    site: Site,
    *,
    work: Path,
    tree: SourceTree,
    asked: tuple[Buildpack, ...],
    now: Now,
    known: Remembered | None,
) -> Slug:
    """The build itself. Its stages are imported here: a build that finds nothing to do must not pay for them."""
    from slugc.compile.run import compile_app
    from slugc.compile.workshop import open_workshop
    from slugc.detect.resolve import resolve
    from slugc.release import collect, write_launch_metadata

    request, emit = site.request, site.emit
    shop = open_workshop(
        request, tree, stack=site.stack, engine=site.choice.engine, home=site.home, work=work, environ=site.environ
    )
    if request.use_cache:
        site.cache.restore(shop.cache, emit=emit)
    group = resolve(asked, shop, emit=emit, fetch_nested=_fetcher(site))
    compiled = compile_app(group, shop, clock=site.clock, emit=emit)
    native = compiled.cloud_native
    metadata = collect(group, shop, declared_by=native.processes if native else None, emit=emit)
    write_launch_metadata(shop.layers, group, metadata, native.slices if native else (), strict=request.strict)
    slug = _pack(site, work=work, tree=tree, group=group, compiled=compiled, metadata=metadata, known=known)
    if request.use_cache:
        site.cache.swap(shop.cache, work / "trash")
    kept = inputs.with_reads(now.inputs, group, compiled.facts)
    site.cache.remember(Remembered(inputs=kept, slug=slug.manifest.digest, salt=now.salt))
    return slug


def why(request: BuildRequest, *, home: Home, clock: Clock, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Why `build` would run the buildpacks: each input that changed since the last slug; empty: it would not."""
    site = open_site(request, home=home, clock=clock, environ=environ, emit=silent)
    with scratch(home.work, "why") as work:
        known = site.cache.recall()
        now, _, _ = look(site, work, known)
        return tuple(_reasons(site, known, now))


def detect(request: BuildRequest, *, every: bool, home: Home, clock: Clock, environ: Mapping[str, str]) -> Detection:
    """What the buildpacks' bin/detect say of the source, without building it."""
    from slugc.compile.workshop import open_workshop
    from slugc.detect.resolve import explain

    site = open_site(request, home=home, clock=clock, environ=environ, emit=silent)
    with scratch(home.work, "detect") as work:
        tree = snapshot_into(site, work)
        configuration.check(tree.root)
        references = wanted(request.buildpacks, tree.root, emit=silent)
        asked = candidates(references, source=tree.root, home=home, network=request.network, emit=silent)
        shop = open_workshop(
            request, tree, stack=site.stack, engine=site.choice.engine, home=home, work=work, environ=environ
        )
        return explain(asked, shop, source=request.source, every=every, fetch_nested=_fetcher(site))


def open_site(request: BuildRequest, *, home: Home, clock: Clock, environ: Mapping[str, str], emit: Emit) -> Site:
    inputs.check_config(request.config)
    if request.target is not None:
        # Here as well as where it is used: a list of classic buildpacks alone would let a typing error pass.
        from slugc.buildpack.cloudnative.targets import wanted_target

        wanted_target(request.target)
    place = locate(request.source, own=[path for path in (home.root, request.out) if path is not None])
    return Site(
        request=request,
        place=place,
        stack=find_stack(request.stack, home=home),
        choice=choose(request.isolation, scratch=home.work),
        cache=BuildCache(home=home, app=request.app or str(place.path)),
        store=SlugStore(home),
        home=home,
        clock=clock,
        environ=environ,
        emit=emit,
    )


def look(site: Site, work: Path, known: Remembered | None) -> tuple[Now, SourceTree | None, tuple[Buildpack, ...]]:
    """The inputs as they are: the source (copied already, where only a copy can be read), and the buildpacks."""
    request = site.request
    now_ns = int(site.clock.now().timestamp() * 1e9)
    state = survey(site.place, known=known.inputs.source if known else None, now_ns=now_ns, environ=site.environ)
    tree = None if site.place.kind == "folder" else snapshot_into(site, work)
    root = tree.root if tree else site.place.path
    configuration.check(root)
    references = wanted(request.buildpacks, root, emit=site.emit)
    asked = candidates(references, source=root, home=site.home, network=request.network, emit=site.emit)
    salt = known.salt if known else os.urandom(16).hex()
    gathered = inputs.gather(
        request,
        state,
        references,
        asked,
        stack=site.stack.record,
        isolation=site.choice.engine.name,
        version=__version__,
        environ=site.environ,
        salt=salt,
    )
    return Now(inputs=gathered, salt=salt), tree, asked


def _reasons(site: Site, known: Remembered | None, now: Now) -> list[str]:
    if known is None:
        return ["there is no earlier build of this app"]
    if site.request.rebuild:
        return ["--rebuild asks for it"]
    if not site.request.use_cache:
        return ["--no-cache asks for it"]
    if not site.store.path_of(known.slug).is_file():
        return ["the last slug is no longer in the store"]
    return changes(known.inputs, now.inputs)


def snapshot_into(site: Site, work: Path) -> SourceTree:
    (work / "tree").mkdir()
    return snapshot(site.place, work / "tree" / "app", scratch=work / "source", environ=site.environ, emit=site.emit)


def _pack(
    site: Site,
    *,
    work: Path,
    tree: SourceTree,
    group: tuple[Detected, ...],
    compiled: "Compilation",
    metadata: ReleaseMetadata,
    known: Remembered | None,
) -> Slug:
    """Pack the tree, move the slug into the store, and give the tree itself to the dynos."""
    from slugc.slug.layout import LayerPlan
    from slugc.slug.pack import pack

    manifest = SlugManifest(
        digest="",
        stack=site.stack.record,
        isolation=site.choice.engine.name,
        source=tree.record,
        buildpacks=tuple(_record(member) for member in group),
        process_types=metadata.process_types,
        config_vars=metadata.config_vars,
        addons=metadata.addons,
        runtimes=tuple(runtime for facts in compiled.facts for runtime in facts.runtimes),
        mtime=tree.mtime,
        labels=compiled.cloud_native.labels if compiled.cloud_native else {},
        metadata=compiled.cloud_native.metadata if compiled.cloud_native else {},
    )
    slug = pack(
        tree.root.parent,
        manifest=manifest,
        layers=[LayerPlan(name=plan.name, owner=plan.owner, kind=plan.kind) for plan in compiled.layers.plans],
        layer_of=compiled.layers.layer_of,
        out=work / "app.slug",
        level=site.request.level,
        previous=site.store.stored(known.slug) if known else None,
        emit=site.emit,
    )
    slug = site.store.take(slug)
    site.store.adopt_tree(tree.root.parent, slug.manifest)
    return slug


def _fetcher(site: Site) -> Callable[[BuildpackReference, Path], Buildpack]:
    """Brings home what a Cloud Native package depends on."""

    def bring(reference: BuildpackReference, base: Path) -> Buildpack:
        return fetch(reference, base=base, home=site.home, network=site.request.network, emit=site.emit)

    return bring


def _record(member: Detected) -> BuildpackRecord:
    buildpack = member.buildpack
    return BuildpackRecord(
        id=buildpack.id,
        version=buildpack.version,
        api=buildpack.api_version if buildpack.api == "cloud-native" else buildpack.api.value,
        uri=buildpack.recorded_uri,
        digest=buildpack.digest,
        name=member.name,
    )


def _unchanged(site: Site, known: Remembered, now: Now, seconds: float) -> BuildResult:
    """The previous slug. What was read again, because its stat could not be trusted, need not be read next time."""
    if known.inputs.source is not now.inputs.source and known.inputs.source != now.inputs.source:
        site.cache.remember(replace(known, inputs=replace(known.inputs, source=now.inputs.source)))
    slug = site.store.find(known.slug)
    site.emit(NothingChanged(digest=slug.manifest.digest))
    return _finished(site, slug, seconds, reasons=())


def _finished(site: Site, slug: Slug, seconds: float, *, reasons: tuple[str, ...]) -> BuildResult:
    if site.request.out is not None:
        slug = site.store.copy_out(slug, site.request.out)
    types = tuple(process.name for process in slug.manifest.process_types)
    site.emit(BuildFinished(slug=slug, process_types=types, seconds=seconds, reused=not reasons))
    return BuildResult(slug=slug, reused=not reasons, reasons=reasons)
