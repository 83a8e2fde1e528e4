"""From what somebody names - a slug, a source, a release.json - to a release that dynos can boot."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from slugc.dynos.formation import scaled
from slugc.dynos.oneoff import attach, on_terminal, oneoff_name, oneoff_process
from slugc.dynos.ports import Ports, is_free
from slugc.dynos.settings import DynoSettings
from slugc.dynos.world import Ground
from slugc.errors.boot import BadReleaseManifest, SlugOfReleaseMissing
from slugc.errors.dyno import DynoCannotStart, NothingToStart
from slugc.errors.root import SlugcError
from slugc.errors.slug import NotASlug, SlugNotFound
from slugc.events import Emit, Warned
from slugc.host.clock import Clock
from slugc.host.files import expanded, named_by_user, scratch, write_atomic
from slugc.host.home import Home
from slugc.model.app import app_name
from slugc.model.build import BuildRequest, Isolation
from slugc.model.dyno import DEFAULT_SIZE, Bootable, DynoName, DynoPlan, DynoSize, Formation, Quantity
from slugc.model.names import spelled
from slugc.model.slug import Slug, SlugManifest
from slugc.sandbox import cgroups
from slugc.sandbox.choose import choose
from slugc.slug.store import SlugStore, reads_as_digest
from slugc.stack import compatible
from slugc.stack import find as find_stack
from slugc.stack.gathered import gather

if TYPE_CHECKING:
    from slugc.model.release import ReleaseManifest

RELEASE = "release"
LOOPBACK = "127.0.0.1"
FIRST_PORT = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A slug that somebody named, and what a release.json said beside it."""

    slug: Slug
    app: str
    version: int = 1
    config: Mapping[str, str] = field(default_factory=dict)
    formation: Mapping[str, int] = field(default_factory=dict)

    @property
    def manifest(self) -> SlugManifest:
        return self.slug.manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a source is built where one is named, and on what the slug then stands."""

    home: Home
    clock: Clock
    environ: Mapping[str, str]
    emit: Emit
    stack: str | None = None
    """None: the stack the slug was built on."""
    isolation: Isolation = Isolation.AUTO
    config: Mapping[str, str] = field(default_factory=dict)


def find(reference: str, asking: Asking) -> Named:
    """A slug's path or digest, a source (which is built now), or the path of a release.json.

    Raises SlugNotFound, SourceNotFound, BadReleaseManifest, SlugOfReleaseMissing, and what a build raises.
    """
    store, path = SlugStore(asking.home), expanded(reference)
    if path.suffix == ".json" and not path.is_dir():
        return _of_release(path, store)
    if path.suffix == ".slug" or path.is_file():
        try:
            return Named(slug=store.find(str(path)), app=app_name(path.stem))
        except NotASlug:
            if path.suffix == ".slug":
                raise
    elif reads_as_digest(reference) and not path.exists():
        slug = store.find(reference)
        return Named(slug=slug, app=app_name(f"slug-{slug.manifest.digest[:8]}"))
    return _built(reference, asking)


@contextmanager
def opened(named: Named, asking: Asking) -> Iterator[Bootable]:
    """The named slug's tree, held for as long as the dynos stand on it, under the release it makes."""
    store = SlugStore(asking.home)
    if store.path_of(named.manifest.digest) != named.slug.path:
        store.add(named.slug.path)
    with store.lease(named.manifest.digest, emit=asking.emit) as tree:
        yield Bootable(
            app=named.app,
            version=named.version,
            tree=tree,
            processes=named.manifest.process_types,
            env={**named.manifest.config_vars, **_metadata(named), **named.config, **asking.config},
        )


def ground_of(named: Named, tree: Path, asking: Asking) -> Ground:
    """The walls and the stack for the dynos of a slug. Raises StackNotFound, IsolationUnavailable, StackUnfit."""
    stack = find_stack(asking.stack or named.manifest.stack.name, home=asking.home)
    compatible.check(named.manifest.stack, stack, tree)
    choice = choose(asking.isolation, scratch=asking.home.work)
    if choice.reason and asking.isolation is Isolation.AUTO:
        asking.emit(Warned(text=f"No isolation: {choice.reason}", hint="slugc doctor says what to install."))
    return Ground(engine=choice.engine, mounts=stack.mounts("run"), path=stack.path, offer=cgroups.look())


def run(
    named: Named,
    words: Sequence[str],
    asking: Asking,
    *,
    type_name: str | None = None,
    size: DynoSize = DEFAULT_SIZE,
    name: DynoName | None = None,
) -> int:
    """Run a command in a one-off dyno joined to this process's stdio; its exit code. `name`: other than a new one.

    Raises NothingToRun, UnknownProcessType, DynoCannotStart, and what ground_of raises."""
    process, args = oneoff_process(words, named.manifest.process_types, type_name=type_name)
    with opened(named, asking) as release:
        terminal = on_terminal()
        plan = DynoPlan(
            name=name or oneoff_name(),
            process=process,
            args=args,
            tree=release.tree,
            env={**({"TERM": asking.environ.get("TERM", "dumb")} if terminal else {}), **release.env},
            port=Ports().take(),
            size=size,
        )
        placed = ground_of(named, release.tree, asking).place(plan, terminal=terminal)
        try:
            status = attach(placed.command, terminal=terminal, group=placed.group)
        except OSError as error:
            raise DynoCannotStart(dyno=str(plan.name), reason=str(error)) from error
        else:
            if placed.group is not None and placed.group.kills():
                asking.emit(_memory_exceeded(plan))
            return status
        finally:
            placed.remove()


def _memory_exceeded(plan: DynoPlan) -> Warned:
    """The kernel ended a process of the dyno without a word of its own."""
    return Warned(
        text=f"{plan.name}: Error R15 (Memory quota vastly exceeded): the quota of {plan.size.name} is "
        f"{plan.size.memory} MB",
        hint="Files written to /app and /tmp count, too. A larger dyno: --size standard-2x",
    )


def first_formation(named: Named) -> Formation:
    """What runs where nobody says otherwise: the release's own formation, else one web dyno, else one of each."""
    known = [process.name for process in named.manifest.process_types if process.name != RELEASE]
    wanted = {name: count for name, count in named.formation.items() if name in known}
    if not wanted:
        wanted = {"web": 1} if "web" in known else dict.fromkeys(known, 1)
    return {name: Quantity(count=count) for name, count in wanted.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """How `slugc start` serves an app."""

    port: int | None = None
    """None: the first free one from FIRST_PORT on."""
    formation: Sequence[str] = ()
    """`web=2`, `worker=1:standard-2x`; empty: first_formation."""
    settings: DynoSettings = field(default_factory=DynoSettings)


def start(
    named: Named,
    starting: Starting,
    asking: Asking,
    *,
    write_out: Callable[[bytes], None],
    on_ready: Callable[[str], None],
) -> int:
    """Boot the formation and serve it until a signal; 128 + its number. write_out gets the log, on_ready the URL.

    Raises BadFormation, UnknownProcessType, and what platform.start and ground_of raise."""
    from slugc import platform

    known = [process.name for process in named.manifest.process_types if process.name != RELEASE]
    formation = scaled({}, starting.formation, known=known) if starting.formation else first_formation(named)
    if not any(quantity.count for quantity in formation.values()):
        raise NothingToStart(known=known)
    with opened(named, asking) as release, scratch(asking.home.work, "etc") as etc:
        ground = ground_of(named, release.tree, asking)
        wanted = platform.Foreground(
            release=release,
            formation=formation,
            ground=replace(ground, mounts=gather(ground.mounts, etc)),
            port=starting.port or _first_free_port(),
            settings=starting.settings,
        )
        return platform.start(wanted, clock=asking.clock, write_out=write_out, on_ready=on_ready)


def _first_free_port() -> int:
    return next((port for port in range(FIRST_PORT, FIRST_PORT + 100) if is_free(port, LOOPBACK)), FIRST_PORT)


def write_release(named: Named, out: Path, asking: Asking) -> "ReleaseManifest":
    """Write the release manifest of a slug, for its owner's eyes alone: config vars may be secrets.

    The slug's path is kept relative where it lies beside the manifest, so that both can be moved together.

    Raises FileNotWritten."""
    from slugc.formats import release_json
    from slugc.model.release import ReleaseManifest

    slug, source = named.slug.path.resolve(), named.manifest.source
    manifest = ReleaseManifest(
        app=named.app,
        version=named.version,
        slug=named.manifest.digest,
        slug_path=_spelled_in_json(slug.name if slug.parent == out.resolve().parent else str(slug)),
        config_vars={**named.config, **asking.config},
        description=f"Deploy {(source.commit or named.manifest.digest)[:8]}",
        user=asking.environ.get("USER", ""),
        created_at=asking.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        commit=source.commit,
        formation={name: quantity.count for name, quantity in first_formation(named).items()},
    )
    if manifest.slug_path is None:
        SlugStore(asking.home).add(named.slug.path)
    with named_by_user(out):
        write_atomic(out, release_json.render(manifest), mode=0o600)
    return manifest


def _spelled_in_json(path: str) -> str | None:
    """None for a name that is not UTF-8: the store's copy, by its digest, then serves this machine."""
    return path if spelled(path) == path else None


def _of_release(path: Path, store: SlugStore) -> Named:
    from slugc.formats import release_json

    try:
        release = release_json.parse(path.read_bytes())
    except OSError as error:
        raise BadReleaseManifest(path=path, reason=error.strerror or str(error)) from error
    except release_json.ReleaseJsonProblem as error:
        raise BadReleaseManifest(path=path, reason=str(error)) from error
    return Named(
        slug=_slug_of(release, path, store),
        app=release.app,
        version=release.version,
        config=release.config_vars,
        formation=release.formation,
    )


def _slug_of(release: "ReleaseManifest", path: Path, store: SlugStore) -> Slug:
    looked, reason = "the manifest names no file", "and the store has none of that digest"
    if release.slug_path:
        looked = str(path.parent / release.slug_path)
        try:
            slug = store.find(looked)
        except SlugcError as error:
            reason = error.summary
        else:
            if slug.manifest.digest == release.slug:
                return slug
            reason = f"that is another slug, {slug.manifest.digest[:16]}"
    try:
        return store.find(release.slug)
    except SlugNotFound:
        raise SlugOfReleaseMissing(path=path, slug=release.slug, looked=looked, reason=reason) from None


def _built(reference: str, asking: Asking) -> Named:
    from slugc import pipeline

    request = BuildRequest(source=reference, stack=asking.stack or "host", isolation=asking.isolation)
    result = pipeline.build(request, home=asking.home, clock=asking.clock, environ=asking.environ, emit=asking.emit)
    before, _, _ = reference.rpartition("#")
    return Named(slug=result.slug, app=app_name(expanded(before or reference).resolve().stem))


def _metadata(named: Named) -> dict[str, str]:
    return {
        "SLUGC_APP_NAME": named.app,
        "SLUGC_RELEASE_VERSION": f"v{named.version}",
        "SLUGC_SLUG_COMMIT": named.manifest.source.commit or "",
    }
