"""Running bin/detect: every named buildpack must accept the app; of the built-in ones the first that does is taken."""

from collections.abc import Sequence
from pathlib import Path

from slugc.buildpack import Verdict, Workshop, builtin, driver
from slugc.buildpack.cloudnative.gathering import Fetch, gather
from slugc.buildpack.cloudnative.place import arrange_for
from slugc.detect.phase import Phase
from slugc.errors.detect import BuildpackRefused, DetectCrashed, NoBuildpackDetected
from slugc.errors.source import BuildpackNotFound
from slugc.events import BuildpackTried, Emit, GroupResolved, Output, Warned, silent
from slugc.model.build import Detected, Detection, Tried
from slugc.model.buildpack import Buildpack, BuildpackApi, BuildpackReference

LISTED = 20


def resolve(
    asked: Sequence[Buildpack], shop: Workshop, *, emit: Emit, fetch_nested: Fetch | None = None
) -> tuple[Detected, ...]:
    """Raises NoBuildpackDetected, BuildpackRefused, DetectCrashed; with Cloud Native buildpacks also NoGroupDetected,
    GroupErrored, OrderMemberMissing, DescriptorInvalid and BuildpackApiUnsupported.

    fetch_nested: brings home what a Cloud Native package depends on.
    """
    explicit = bool(asked) and asked[0].reference.explicit
    if any(buildpack.api is BuildpackApi.CLOUD_NATIVE for buildpack in asked):
        group = _with_cloud_native(asked, shop, fetch_nested, emit)
    else:
        group = _every(asked, shop, emit) if explicit else _first(asked, shop, emit)
    emit(GroupResolved(buildpacks=tuple(found.buildpack.id for found in group), explicit=explicit))
    if not explicit and len(group) == 1:
        _tell_of_others(group[0].buildpack, shop, emit)
    return group


def _with_cloud_native(
    asked: Sequence[Buildpack], shop: Workshop, fetch_nested: Fetch | None, emit: Emit
) -> tuple[Detected, ...]:
    phase = cloud_native_phase(asked, shop, fetch_nested=fetch_nested, emit=emit)
    for text in phase.gathered.repeated:
        emit(Warned(text=text, hint="Take one of them out of the list, or give one another id."))
    return phase.chosen(phase.resolve())


def cloud_native_phase(
    asked: Sequence[Buildpack], shop: Workshop, *, fetch_nested: Fetch | None = None, emit: Emit
) -> Phase:
    """A detection that is ready to be walked through. Raises DescriptorInvalid, BuildpackApiUnsupported."""

    def missing(reference: BuildpackReference, _base: Path) -> Buildpack:
        raise BuildpackNotFound(reference=reference.shown, origin=reference.origin, builtin=builtin.available())

    gathered = gather(asked, fetch=fetch_nested or missing, strict=shop.strict)
    return Phase(gathered=gathered, place=arrange_for(shop), emit=emit)


def _every(asked: Sequence[Buildpack], shop: Workshop, emit: Emit) -> tuple[Detected, ...]:
    group = []
    for buildpack in asked:
        verdict = ask(buildpack, shop, emit)
        if not verdict.passed:
            raise BuildpackRefused(
                buildpack=buildpack.reference.shown,
                origin=buildpack.reference.origin,
                status=verdict.code,
                stderr=verdict.stderr,
            )
        group.append(Detected(buildpack=buildpack, name=verdict.name))
    return tuple(group)


def _first(asked: Sequence[Buildpack], shop: Workshop, emit: Emit) -> tuple[Detected, ...]:
    for buildpack in asked:
        verdict = ask(buildpack, shop, emit)
        if verdict.passed:
            return (Detected(buildpack=buildpack, name=verdict.name),)
    listing = sorted(item.name for item in shop.app.iterdir())
    shown = [*listing[:LISTED], f"... {len(listing) - LISTED} more"] if len(listing) > LISTED else listing
    raise NoBuildpackDetected(tried=[buildpack.id for buildpack in asked], listing=shown)


def _tell_of_others(chosen: Buildpack, shop: Workshop, emit: Emit) -> None:
    """A front end beside a Django app, or an app that is Ruby by detection and Node.js by its author's mind."""
    name = chosen.id.removeprefix(builtin.PREFIX)
    others = builtin.others(name, {item.name for item in shop.app.iterdir()})
    if not others:
        return
    # Node.js first: its build makes what another language serves, and the last one says what web is.
    order = sorted({name, *others}, key=lambda one: (one != "node", builtin.ORDER.index(one)))
    signs = ", ".join(f"{sign} ({other})" for other, sign in others.items())
    emit(Output(text=f"Not asked to take part: {signs}."))
    emit(Output(text=f"To build with both: slugc build {' '.join(f'--buildpack {one}' for one in order)}"))


def explain(
    asked: Sequence[Buildpack], shop: Workshop, *, source: str, every: bool, fetch_nested: Fetch | None = None
) -> Detection:
    """What each bin/detect says, without building: up to the one that decides, or all of them with `every`.
    Nothing that a buildpack does raises here; a broken descriptor or order does."""
    if any(buildpack.api is BuildpackApi.CLOUD_NATIVE for buildpack in asked):
        phase = cloud_native_phase(asked, shop, fetch_nested=fetch_nested, emit=silent)
        return phase.explained(phase.resolve(), source=source)
    forced = bool(asked) and asked[0].reference.explicit
    tried: list[Tried] = []
    for buildpack in asked:
        verdict = driver(buildpack).detect(shop)
        tried.append(
            Tried(
                buildpack=buildpack.reference.shown,
                id=buildpack.id,
                passed=verdict.passed,
                code=verdict.code,
                name=verdict.name,
                stderr=verdict.stderr,
                seconds=verdict.seconds,
                problem=verdict.problem,
            )
        )
        if verdict.passed is not forced and not every:
            break
    passed = tuple(one.id for one in tried if one.passed)
    chosen = (passed if len(passed) == len(asked) else ()) if forced else passed[:1]
    return Detection(source=source, forced=forced, tried=tuple(tried), chosen=chosen)


def ask(buildpack: Buildpack, shop: Workshop, emit: Emit) -> Verdict:
    """One bin/detect. Raises DetectCrashed where it gave no verdict at all."""
    verdict = driver(buildpack).detect(shop)
    if verdict.problem is not None:
        raise DetectCrashed(buildpack=buildpack.reference.shown, reason=verdict.problem, stderr=verdict.stderr)
    emit(
        BuildpackTried(
            buildpack=buildpack.id,
            passed=verdict.passed,
            code=verdict.code,
            name=verdict.name,
            stderr=verdict.stderr,
            seconds=verdict.seconds,
        )
    )
    return verdict
