"""Gathering what a slug depends on, for the question whether a build is needed at all."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from slugc.buildpack import Facts
from slugc.buildpack.cloudnative import operator
from slugc.errors.source import ConfigVarInvalid
from slugc.model.build import BuildRequest, Detected
from slugc.model.buildpack import Buildpack, BuildpackReference
from slugc.model.inputs import Inputs, SourceState
from slugc.model.slug import StackRecord
from slugc.model.variable import NAME
from slugc.sandbox import environment

_VALUE_LIMIT = 1 << 17


def check_config(config: Mapping[str, str]) -> None:
    """Raises ConfigVarInvalid: a name becomes a file's name and a variable's."""
    for name, value in config.items():
        if not NAME.fullmatch(name):
            raise ConfigVarInvalid(name=name, reason="The name has other characters, or begins with a digit.")
        if len(name) > 255:
            raise ConfigVarInvalid(name=f"{name[:40]}...", reason="The name is longer than 255 characters.")
        if "\0" in value:
            raise ConfigVarInvalid(name=name, reason="The value holds a NUL byte.")
        if len(value) > _VALUE_LIMIT:
            raise ConfigVarInvalid(name=name, reason=f"The value is longer than {_VALUE_LIMIT} characters.")


def gather(
    request: BuildRequest,
    source: SourceState,
    references: Sequence[BuildpackReference],
    buildpacks: Sequence[Buildpack],
    *,
    stack: StackRecord,
    isolation: str,
    version: str,
    environ: Mapping[str, str],
    salt: str,
) -> Inputs:
    """`salt` keys the digests of values, so that the file which keeps them does not give weak secrets away."""
    return Inputs(
        slugc=version,
        source=source,
        references=tuple((reference.shown, reference.origin) for reference in references),
        buildpacks=tuple((buildpack.reference.shown, buildpack.digest) for buildpack in buildpacks),
        stack=f"{stack.name}@{stack.digest}" if stack.digest else _host(stack),
        isolation=isolation,
        config={name: _keyed(value, salt) for name, value in sorted(request.config.items())},
        reads=None,
        environment={name: _keyed(value, salt) for name, value in _handed_on(environ).items()},
        options={
            "--level": str(request.level),
            "--runtime-source": request.runtime_source or "none",
            "--no-network": "off" if request.network else "on",
            "--strict": "on" if request.strict else "off",
            "--target": request.target or "the stack's own",
        },
    )


def with_reads(inputs: Inputs, group: Sequence[Detected], facts: Sequence[Facts]) -> Inputs:
    """Narrow the config vars to those that were read, where every buildpack said which it reads."""
    if any(found.reads is None for found in facts) or not group:
        return inputs
    names = {name for found in facts for name in found.reads or ()}
    return replace(inputs, reads=tuple(sorted(names)))


def _host(stack: StackRecord) -> str:
    """The host has no digest of its own: its release and C library stand for it."""
    return f"{stack.name} {stack.distro} {stack.distro_version} glibc {stack.glibc} {stack.arch}"


def _handed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """What of the caller's environment can change a slug: package indexes, and the operator's env files."""
    allowed = environment.allowed(environ)
    found = {name: allowed[name] for name in environment.INDEXES if name in allowed}
    config = operator.build_config(environ)
    return {**found, operator.VARIABLE: repr(sorted(config.items()))} if config else found


def _keyed(value: str, salt: str) -> str:
    data = value.encode("utf-8", "surrogateescape")
    return hashlib.blake2b(data, key=salt.encode()[:64], digest_size=16).hexdigest()
