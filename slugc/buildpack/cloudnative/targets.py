"""PURE: does a buildpack's target fit this machine (specification: buildpack.md, "Targets")."""

import re
from collections.abc import Sequence

from slugc.errors.cloudnative import TargetUnreadable
from slugc.model.cloudnative import Api, Descriptor, Distro, Target
from slugc.model.slug import StackRecord

_ARCH = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "i386": "386"}
_TARGET = re.compile(
    r"(?P<os>[\w.]+)/(?P<arch>[\w.]+)(?:/(?P<variant>v\d+))?(?:/(?P<distro>[\w.-]+)@(?P<version>[\w.-]+))?"
)
_BIONIC = "io.buildpacks.stacks.bionic"


def of_stack(stack: StackRecord) -> Target:
    """The stack as a target: the specification's words for the machine, the distro from its os-release."""
    distros = (Distro(name=stack.distro, version=stack.distro_version),) if stack.distro else ()
    arch = _ARCH.get(stack.arch, stack.arch)
    return Target(os=stack.os, arch=arch, distros=distros)


def wanted_target(text: str) -> Target:
    """What `--target` names. Raises TargetUnreadable."""
    target = parse_target(text)
    if target is None:
        raise TargetUnreadable(text=text)
    return target


def parse_target(text: str) -> Target | None:
    """`linux/amd64`, `linux/arm64/v8/ubuntu@24.04`; None where it does not read so."""
    match = _TARGET.fullmatch(text)
    if match is None:
        return None
    distros = (Distro(name=match["distro"], version=match["version"]),) if match["distro"] else ()
    return Target(os=match["os"], arch=match["arch"], variant=match["variant"] or "", distros=distros)


def mismatch(descriptor: Descriptor, machine: Target) -> str | None:
    """Why the buildpack is not made for this machine, or None where it is."""
    wanted = declared(descriptor)
    if not wanted or any(_fits(target, machine) for target in wanted):
        return None
    return f"its targets ({', '.join(str(target) for target in wanted)}) do not include {machine}"


def declared(descriptor: Descriptor) -> Sequence[Target]:
    """The targets a buildpack declares, or what its stacks and executables stand for. None: fits anything."""
    if descriptor.targets:
        return descriptor.targets
    from_stacks = [target for stack in descriptor.stacks if (target := _of_stack_id(stack, descriptor))]
    if from_stacks:
        return from_stacks
    return [Target(os="linux")] if descriptor.has_build else []


def _of_stack_id(stack: str, descriptor: Descriptor) -> Target | None:
    if stack == "*":
        return Target()
    if stack == _BIONIC and (descriptor.api >= Api(0, 10) or len(descriptor.stacks) == 1):
        return Target(os="linux", arch="amd64", distros=(Distro(name="ubuntu", version="18.04"),))
    return None


def _fits(wanted: Target, machine: Target) -> bool:
    pairs = ((wanted.os, machine.os), (wanted.arch, machine.arch), (wanted.variant, machine.variant))
    if any(a and b and a != b for a, b in pairs):
        return False
    if not wanted.distros:
        return True
    if not machine.distros:
        return False
    base = machine.distros[0]
    return any(d.name == base.name and (not d.version or d.version == base.version) for d in wanted.distros)
