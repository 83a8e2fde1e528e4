"""A buildpack looked at without running it: for `slugc buildpacks inspect` and `list`."""

import os
from dataclasses import replace
from pathlib import Path

from slugc.buildpack import builtin
from slugc.buildpack.cloudnative.gathering import gather
from slugc.buildpack.cloudnative.targets import declared
from slugc.buildpack.fetching import builtin_buildpack, fetch
from slugc.events import Emit, silent
from slugc.host.home import Home
from slugc.model.buildpack import Buildpack, BuildpackApi, BuildpackFacts, BuildpackReference
from slugc.model.cloudnative import Descriptor, Order

SCRIPTS = ("detect", "compile", "release", "report", "test", "test-compile", "build", "generate")
INSPECTED = "the command line"


def look(text: str, *, base: Path, home: Home, network: bool = True, emit: Emit = silent) -> tuple[BuildpackFacts, ...]:
    """The buildpack that `text` names, then every one that comes with it (packages, builders), sorted by id.

    Raises what fetching it raises, DescriptorInvalid and BuildpackApiUnsupported.
    """

    def bring(reference: BuildpackReference, folder: Path) -> Buildpack:
        return fetch(reference, base=folder, home=home, network=network, emit=emit)

    found = bring(BuildpackReference(text=text, origin=INSPECTED), base)
    if found.api is BuildpackApi.CLASSIC:
        return (classic(found),)
    gathered = gather([found], fetch=bring)
    everything = gathered.shelf.everything()
    main = next((d for d in everything if d.root == found.root), everything[0])
    others = sorted((d for d in everything if d is not main), key=lambda d: (d.id, d.version))
    return (
        replace(_described(main), uri=found.uri, digest=found.digest),
        *(_described(descriptor) for descriptor in others),
    )


def built_in() -> tuple[BuildpackFacts, ...]:
    """In detection order."""
    return tuple(
        classic(builtin_buildpack(name, BuildpackReference(text=name, origin="built-in order")))
        for name in builtin.available()
    )


def classic(buildpack: Buildpack) -> BuildpackFacts:
    return BuildpackFacts(
        id=buildpack.id,
        version=buildpack.version,
        api="classic",
        name=buildpack.name,
        uri=buildpack.uri,
        digest=buildpack.digest,
        executables=_executables(buildpack.root),
    )


def _described(descriptor: Descriptor) -> BuildpackFacts:
    return BuildpackFacts(
        id=descriptor.id,
        version=descriptor.version,
        api=str(descriptor.api),
        kind=descriptor.kind.value,
        name=descriptor.name,
        description=descriptor.description,
        homepage=descriptor.homepage,
        licenses=tuple(one.type or one.uri for one in descriptor.licenses),
        keywords=descriptor.keywords,
        targets=() if descriptor.order else tuple(str(target) for target in declared(descriptor)),
        stacks=descriptor.stacks,
        sbom_formats=descriptor.sbom_formats,
        clear_env=descriptor.clear_env,
        order=_shown(descriptor.order),
        executables=_executables(descriptor.root),
        digest=descriptor.digest,
    )


def _shown(order: Order) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(e.reference + (" (optional)" if e.optional else "") for e in group) for group in order)


def _executables(root: Path) -> tuple[str, ...]:
    return tuple(name for name in SCRIPTS if os.access(root / "bin" / name, os.R_OK))
