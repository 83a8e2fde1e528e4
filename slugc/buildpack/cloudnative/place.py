"""Where the executables of Cloud Native buildpacks find things, and the jobs that start them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slugc.buildpack import bench
from slugc.buildpack.classic import write_env_dir
from slugc.buildpack.cloudnative.environment import (
    APP,
    BUILD_CONFIG,
    LAYERS,
    PLATFORM,
    World,
    folder_of,
    for_executable,
)
from slugc.buildpack.cloudnative.targets import of_stack, wanted_target
from slugc.buildpack.contract import Exports, Job, Workshop
from slugc.host import inside, trees
from slugc.model.cloudnative import Descriptor, Target
from slugc.model.mount import Mount, overlay, read_only, writable

HOME = "/home/cnb"
PLANS = "/cnb/plans"
OUTPUT = "/cnb/output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The folders of one build that all its Cloud Native buildpacks share."""

    shop: Workshop
    world: World

    @property
    def layers(self) -> Path:
        return self.shop.scratch / "layers"

    def plan_folder(self, descriptor: Descriptor, phase: str) -> Path:
        folder = self.shop.scratch / "plans" / f"{phase}-{descriptor.kind}-{descriptor.escaped}-{descriptor.version}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def detect(self, descriptor: Descriptor, *, timeout: float) -> Job:
        """bin/detect. Its plan file is made empty before it starts; the app is a throw-away copy."""
        plans = self.plan_folder(descriptor, "detect")
        (plans / "plan.toml").write_bytes(b"")
        plan = f"{PLANS}/plan.toml"
        app = overlay(self.shop.app, APP) if self.shop.walls else writable(self.shop.app, APP)
        return Job(
            argv=(f"{folder_of(descriptor)}/bin/detect", PLATFORM, plan),
            cwd=APP,
            env=for_executable(self.world, descriptor, so_far=self.world.base, own={"CNB_BUILD_PLAN_PATH": plan}),
            mounts=(*self._own(descriptor), app, writable(plans, PLANS)),
            timeout=timeout,
        )

    def build(self, descriptor: Descriptor, exports: Exports, *, plan: str) -> Job:
        """bin/build, behind the buildpacks whose variables are in `exports`."""
        plans = self.plan_folder(descriptor, "build")
        (plans / "plan.toml").write_text(plan, "utf-8")
        layers, given = f"{LAYERS}/{descriptor.escaped}", f"{PLANS}/plan.toml"
        (self.layers / descriptor.escaped).mkdir(parents=True, exist_ok=True)
        own = {"CNB_LAYERS_DIR": layers, "CNB_BP_PLAN_PATH": given}
        return Job(
            argv=(f"{folder_of(descriptor)}/bin/build", layers, PLATFORM, given),
            cwd=APP,
            env=for_executable(self.world, descriptor, so_far={**self.world.base, **exports.env}, own=own),
            mounts=(
                *self._own(descriptor),
                writable(self.shop.app, APP),
                writable(self.shop.app, bench.BUILD_DIR),
                writable(self.layers, LAYERS),
                writable(plans, PLANS),
            ),
            timeout=self.shop.timeout,
        )

    def generate(self, descriptor: Descriptor, *, plan: str, output: Path) -> Job:
        """bin/generate of an image extension; what it wants to change lands in `output`."""
        plans = self.plan_folder(descriptor, "generate")
        (plans / "plan.toml").write_text(plan, "utf-8")
        own = {"CNB_OUTPUT_DIR": OUTPUT, "CNB_BP_PLAN_PATH": f"{PLANS}/plan.toml"}
        return Job(
            argv=(f"{folder_of(descriptor)}/bin/generate", OUTPUT, PLATFORM, f"{PLANS}/plan.toml"),
            cwd=APP,
            env=for_executable(self.world, descriptor, so_far=self.world.base, own=own),
            mounts=(
                *self._own(descriptor),
                overlay(self.shop.app, APP) if self.shop.walls else writable(self.shop.app, APP),
                writable(output, OUTPUT),
                read_only(plans, PLANS),
            ),
            timeout=self.shop.timeout,
        )

    def _own(self, descriptor: Descriptor) -> tuple[Mount, ...]:
        scratch = self.shop.scratch
        home, tmp = scratch / "home-cnb", scratch / "tmp"
        for folder in (home, tmp):
            folder.mkdir(parents=True, exist_ok=True)
        return (
            writable(tmp, "/tmp"),
            writable(home, HOME),
            read_only(scratch / "platform", PLATFORM),
            read_only(scratch / "build-config", BUILD_CONFIG),
            read_only(self._runnable(descriptor), folder_of(descriptor)),
            *self.shop.mounts,
        )

    def _runnable(self, descriptor: Descriptor) -> Path:
        """The buildpack's own folder, or a copy with run bits where an archive or a file system lost them."""
        scripts = [descriptor.root / "bin" / name for name in ("detect", "build", "generate")]
        if all(os.access(script, os.X_OK) for script in scripts if script.is_file()):
            return descriptor.root
        copy = self.shop.scratch / "packs-cnb" / f"{descriptor.kind}-{descriptor.escaped}-{descriptor.version}"
        if not copy.exists():
            trees.copy(descriptor.root, copy)
            for name in ("detect", "build", "generate"):
                if inside.read(copy, f"bin/{name}", limit=1) is not None and not (copy / "bin" / name).is_symlink():
                    (copy / "bin" / name).chmod(0o755)
        return copy


def arrange(
    shop: Workshop,
    *,
    build_env: Mapping[str, str] | None = None,
    build_config: Mapping[str, str] | None = None,
    target: Target | None = None,
) -> Place:
    """Lay out the shared folders of one build.

    build_env: the project's own build variables (project.toml); config vars of the same name win. build_config:
    the operator's env files by name. target: what to build for, where it is not the stack itself.
    """
    handed_on = {**shop.environment, "SOURCE_DATE_EPOCH": str(max(shop.mtime, 315_532_800))}
    platform_env = {**(build_env or {}), **shop.config}
    write_env_dir(shop.scratch / "platform" / "env", platform_env)
    write_env_dir(shop.scratch / "build-config" / "env", build_config or {})
    world = World(
        base={**handed_on, "PATH": bench.PATH, "HOME": HOME},
        handed_on=frozenset(handed_on),
        target=target or of_stack(shop.stack),
        platform_env=platform_env,
        build_config=build_config or {},
        stack_id=f"io.slugc.stacks.{shop.stack.name}",
    )
    return Place(shop=shop, world=world)


def arrange_for(shop: Workshop) -> Place:
    """`arrange`, with what the app's project.toml and the caller's target say. Raises TargetUnreadable."""
    found, target = shop.project, None if shop.target is None else wanted_target(shop.target)
    return arrange(shop, build_env=found.build_env if found else None, build_config=shop.build_config, target=target)
