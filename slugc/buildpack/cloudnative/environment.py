"""PURE: the whole environment of bin/detect, bin/build and bin/generate, in the order of the specification."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slugc.buildpack.cloudnative.modifications import Action, apply_files, apply_platform
from slugc.model.cloudnative import Api, Descriptor, Kind, Target

PLATFORM = "/platform"
BUILD_CONFIG = "/cnb/build-config"
BUILDPACKS = "/cnb/buildpacks"
EXTENSIONS = "/cnb/extensions"
LAYERS = "/layers"
APP = "/app"

INHERITED = frozenset(
    {
        "CNB_STACK_ID",
        "HOSTNAME",
        "HOME",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "PATH",
        "LD_LIBRARY_PATH",
        "LIBRARY_PATH",
        "CPATH",
        "PKG_CONFIG_PATH",
    }
)
"""What a child may have of the runner's own environment."""

_NAMED_FOLDERS = Api(0, 8)
_TARGETS = Api(0, 10)
_EXEC_ENV = Api(0, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all executables of one build share."""

    base: Mapping[str, str]
    """PATH, HOME, proxies... of the sandbox."""
    handed_on: frozenset[str] = frozenset()
    """Names of `base` beyond the specification's list: CA settings, package indexes, SOURCE_DATE_EPOCH."""
    target: Target
    platform_env: Mapping[str, str] = field(default_factory=dict)
    """`<platform>/env`: config vars and the project's build variables."""
    build_config: Mapping[str, str] = field(default_factory=dict)
    """`<build-config>/env`: the operator's files, by file name."""
    exec_env: str = "production"
    stack_id: str = "io.slugc.stacks.host"


def for_executable(
    world: World, descriptor: Descriptor, *, so_far: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, str]:
    """The environment of one executable.

    so_far: what build layers of earlier buildpacks made of `world.base` (at detect: the base itself).
    own: the CNB_ variables of this executable's folders; left out where its API does not know them.
    """
    allowed = INHERITED | world.handed_on
    # Layers of earlier buildpacks add names of their own; only names from slugc's surroundings are filtered.
    env = {name: value for name, value in so_far.items() if name in allowed or name not in world.base}
    env.setdefault("CNB_STACK_ID", world.stack_id)
    if not descriptor.clear_env:
        env = apply_platform(env, world.platform_env)
    env = apply_files(env, world.build_config, unsuffixed=Action.DEFAULT)
    return {**env, **cnb_variables(world, descriptor, own)}


def cnb_variables(world: World, descriptor: Descriptor, own: Mapping[str, str]) -> dict[str, str]:
    extension = descriptor.kind is Kind.EXTENSION
    variables = {"CNB_EXTENSION_DIR" if extension else "CNB_BUILDPACK_DIR": folder_of(descriptor)}
    if descriptor.api >= _NAMED_FOLDERS:
        variables |= {"CNB_PLATFORM_DIR": PLATFORM, **own}
    if descriptor.api >= _TARGETS:
        distro = world.target.distros[0] if world.target.distros else None
        named = {
            "CNB_TARGET_OS": world.target.os,
            "CNB_TARGET_ARCH": world.target.arch,
            "CNB_TARGET_ARCH_VARIANT": world.target.variant,
            "CNB_TARGET_DISTRO_NAME": distro.name if distro else "",
            "CNB_TARGET_DISTRO_VERSION": distro.version if distro else "",
        }
        variables |= {name: value for name, value in named.items() if value}
    if descriptor.api >= _EXEC_ENV:
        variables["CNB_EXEC_ENV"] = world.exec_env
    return variables


def folder_of(descriptor: Descriptor) -> str:
    """Where a buildpack stands inside the sandbox; the same on every machine, so it may end up in a layer."""
    top = EXTENSIONS if descriptor.kind is Kind.EXTENSION else BUILDPACKS
    return f"{top}/{descriptor.escaped}/{descriptor.version or '0.0.0'}"
