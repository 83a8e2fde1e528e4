"""The chain: find a version, fetch it once, normalise, check against the stack, smoke-test, record."""

import functools
from collections.abc import Iterable
from pathlib import Path

from slugc_buildpack import children, transcript, trees, versions
from slugc_buildpack.build import Build
from slugc_buildpack.facts import RUNTIME, RuntimeFact
from slugc_buildpack.problems import Problem
from slugc_buildpack.runtimes import normalise, store
from slugc_buildpack.runtimes.archives import make_links_relative
from slugc_buildpack.runtimes.contract import Artifact, Installed, Recipe, Source, Unavailable
from slugc_buildpack.versions import Spec

SMOKE_SECONDS = 120.0
_LISTED = 8


def obtain(recipe: Recipe, spec: Spec, build: Build, *, wanted_by: str | None = None) -> Installed:
    """The runtime in the shared store, from the first source that serves it.

    wanted_by: the app's file that asks for `spec`, for the error. Raises Problem, with what each source said.
    """
    refusals: list[tuple[str, Unavailable]] = []
    for source in _chosen(recipe, build):
        try:
            installed = _from_source(recipe, source, spec, build)
        except Unavailable as refusal:
            refusals.append((source.name, refusal))
            continue
        for name, refused in refusals:
            if refused.unused:
                continue
            transcript.detail(f"Source {name} does not serve it: {refused.reason}")
        transcript.detail(f"{recipe.title} {installed.version} from source {installed.source} ({installed.uri})")
        if installed.source == "host":
            transcript.warn(
                f"{recipe.title} {installed.version} was copied from this machine.\n"
                "Another machine may hold another build of it: the slug is not reproducible elsewhere.\n"
                "Name a mirror with SLUGC_RUNTIME_MIRROR to avoid this."
            )
        return installed
    raise _nobody(recipe, spec, refusals, wanted_by)


def install(
    recipe: Recipe, spec: Spec, build: Build, *, target: str, wanted_by: str | None = None, record: bool = True
) -> Installed:
    """`obtain`, then a private copy at `target` (relative to the app), recorded in the facts."""
    installed = obtain(recipe, spec, build, wanted_by=wanted_by)
    place(installed, build, target)
    if record:
        note(recipe, installed, build, target)
    return installed


def place(installed: Installed, build: Build, target: str) -> None:
    trees.remove(build.app / target)
    trees.copy(installed.tree, build.app / target)


def note(recipe: Recipe, installed: Installed, build: Build, target: str) -> None:
    """Tell the platform which runtime lies at `target`."""
    build.facts.runtimes.append(
        RuntimeFact(
            language=recipe.language,
            version=installed.version,
            source=installed.source,
            uri=installed.uri,
            digest=installed.digest,
        )
    )
    build.facts.layers[target] = RUNTIME


def _chosen(recipe: Recipe, build: Build) -> tuple[Source, ...]:
    forced = build.environ.get("SLUGC_RUNTIME_SOURCE", "")
    if not forced:
        return recipe.sources
    chosen = tuple(source for source in recipe.sources if source.name == forced)
    if not chosen:
        raise Problem(
            f"{recipe.title} has no runtime source named {forced}",
            code=f"{recipe.language}.unknown-runtime-source",
            evidence=f"SLUGC_RUNTIME_SOURCE={forced}",
            next_step=f"Use one of: {', '.join(source.name for source in recipe.sources)}; or leave it out.",
        )
    return chosen


def _from_source(recipe: Recipe, source: Source, spec: Spec, build: Build) -> Installed:
    artifact = source.find(spec, build)
    key = store.key_of(
        artifact.identity, build.stack.identity, recipe.revision, normalise.REVISION, str(normalise.strips(build))
    )
    make = functools.partial(_make, recipe, source, artifact, build)
    tree, digest = store.obtain(build.runtimes, recipe.language, key, make)
    return Installed(
        version=artifact.version, source=artifact.source, uri=artifact.uri, digest=digest, key=key, tree=tree
    )


def _make(recipe: Recipe, source: Source, artifact: Artifact, build: Build, tree: Path) -> str:
    served = source.fetch(artifact, tree, build)
    normalise.normalise(tree, build, keep_ca_store=recipe.keep_ca_store, intact=recipe.intact)
    recipe.shape(tree, artifact, build)
    make_links_relative(tree)
    unmet = [sentence for sentence in normalise.refuses(tree, build) if not recipe.ignore_unmet(sentence)]
    if unmet:
        raise Unavailable(f"its {artifact.version} does not run on this stack: {unmet[0]}")
    for command in recipe.smoke:
        env = build.child_env(recipe.smoke_env(tree))
        done = children.capture((str(tree / command[0]), *command[1:]), env=env, timeout=SMOKE_SECONDS)
        if done.status:
            last = (done.err.strip() or done.out.strip() or f"status {done.status}").splitlines()[-1]
            raise Unavailable(f"its {artifact.version} does not start here: {last}")
    return served


def _nobody(recipe: Recipe, spec: Spec, refusals: list[tuple[str, Unavailable]], wanted_by: str | None) -> Problem:
    evidence = [f"wanted: {recipe.title} {spec.text}"]
    for name, refusal in refusals:
        offered = [version for version in refusal.offers if recipe.builds(version)]
        offers = f" (it offers {_listed(offered)})" if offered else ""
        evidence.append(f"{name}: {refusal.reason}{offers}")
    others = {version for _, refusal in refusals for version in refusal.offers if recipe.builds(version)}
    advice = f"Ask for a version that is offered ({_listed(others)}), or " if others else ""
    return Problem(
        f"No source serves {recipe.title} {spec.text}",
        code=f"{recipe.language}.runtime-not-found",
        file=wanted_by,
        evidence="\n".join(evidence),
        next_step=f"{advice}{'set' if others else 'Set'} SLUGC_RUNTIME_MIRROR to an inventory that has it.",
    )


def _listed(offers: Iterable[str]) -> str:
    """The newest ones, newest first."""
    found = sorted(set(offers), key=versions.numbers, reverse=True)
    return ", ".join([*found[:_LISTED], *(["older ones"] if len(found) > _LISTED else [])])
