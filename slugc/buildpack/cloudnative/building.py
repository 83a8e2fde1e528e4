"""bin/build of one buildpack: run it, and read what it left (specification: buildpack.md, "Phase #3: Build")."""

import os
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from slugc.buildpack.cloudnative import layer_folder, sbom
from slugc.buildpack.cloudnative.environment import LAYERS
from slugc.buildpack.cloudnative.feed import PlanFeed, UnmetUnknown
from slugc.buildpack.cloudnative.modifications import LayerEnvironment, for_build
from slugc.buildpack.cloudnative.place import Place
from slugc.buildpack.cloudnative.sbom import SbomFile
from slugc.buildpack.cloudnative.table import set_aside
from slugc.buildpack.contract import Exports
from slugc.buildpack.starting import is_program, unstartable
from slugc.errors.cloudnative import BuildOutputInvalid
from slugc.errors.compile import BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable
from slugc.events import Emit, Warned
from slugc.formats import transcript
from slugc.formats.checked import FileProblem
from slugc.formats.launch_toml import parse_launch
from slugc.formats.layer_toml import parse_layer, parse_store, parse_unmet
from slugc.formats.plan_toml import buildpack_plan
from slugc.host import inside, trees
from slugc.model.cloudnative import Descriptor, LaunchFile, LayerFile

TAIL = 20
NOT_LAYERS = frozenset({"launch", "build", "store"})
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What one bin/build made of its layers folder."""

    descriptor: Descriptor
    layers: dict[str, LayerFile]
    launch: LaunchFile = field(default_factory=LaunchFile)
    store: dict[str, Any] | None = None
    sboms: tuple[tuple[SbomFile, bytes], ...] = ()
    feed: PlanFeed
    """The plan that is left for the buildpacks after it."""
    exports: Exports


def build(place: Place, descriptor: Descriptor, plan: PlanFeed, exports: Exports, *, emit: Emit, strict: bool) -> Built:
    """Raises BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable, BuildOutputInvalid."""
    _run(place, descriptor, plan, exports, emit)
    _open_up(place.layers, descriptor)
    read = _Reader(place.layers, descriptor)
    unmet = read.file("build.toml", parse_unmet) or ()
    try:
        feed = plan.after(descriptor, unmet)
    except UnmetUnknown as error:
        raise read.invalid("build.toml", f"unmet {error.name!r} is no entry of the plan that it was given") from error
    launch = read.file("launch.toml", lambda text: parse_launch(text, descriptor.api, strict=strict)) or LaunchFile()
    for note in launch.notes:
        emit(Warned(text=f"{descriptor.id}: {note}", buildpack=descriptor.id))
    layers = read.layers()
    _set_aside(place.layers, descriptor, layers)
    environments = read.environments(layers)
    before = {**place.world.base, **exports.env}
    env = for_build(
        before,
        [environment for name, environment in environments.items() if layers[name].types.build],
        strict=strict,
    )
    changed = {name: value for name, value in env.items() if value != before.get(name)}
    return Built(
        descriptor=descriptor,
        layers=layers,
        launch=launch,
        store=read.file("store.toml", parse_store),
        sboms=read.sboms(),
        feed=feed,
        exports=Exports(env={**exports.env, **changed}, prefixes=exports.prefixes),
    )


def _run(place: Place, descriptor: Descriptor, plan: PlanFeed, exports: Exports, emit: Emit) -> None:
    tail: deque[str] = deque(maxlen=TAIL)

    def on_line(text: str, stream: str) -> None:
        if text.strip():
            tail.append(text)
        emit(transcript.event(text, buildpack=descriptor.id, stream=stream))

    script = "bin/build"
    _check_programs(place, descriptor, emit)
    job = place.build(descriptor, exports, plan=buildpack_plan(plan.given_to(descriptor)))
    done = place.shop.run(job, on_line)
    if done.timed_out:
        raise BuildpackTimedOut(buildpack=descriptor.id, seconds=place.shop.timeout, tail=list(tail), script=script)
    reason = unstartable(
        inside.read(descriptor.root, script, limit=256), script, status=done.status, said=tail[-1] if tail else ""
    )
    if reason is not None:
        raise BuildpackUnstartable(buildpack=descriptor.id, script=script, reason=reason)
    if done.status != 0:
        raise BuildpackFailed(buildpack=descriptor.id, status=done.status, tail=list(tail), script=script)


def _open_up(layers: Path, descriptor: Descriptor) -> None:
    """What the buildpack shut away from its own user is read all the same, as it is where root builds."""
    layers.chmod(0o755)
    if inside.real_folder(layers, descriptor.escaped):
        for _ in trees.walk(layers / descriptor.escaped, opening=True):
            pass


def _check_programs(place: Place, descriptor: Descriptor, emit: Emit) -> None:
    """The lifecycle's kernel starts #! and programs only; here the sandbox gives other text to sh. Its author should
    know. Raises BuildpackUnstartable where strict."""
    for script in ("bin/detect", "bin/build"):
        first = inside.read(descriptor.root, script, limit=4)
        if first is None or is_program(first):
            continue
        if place.shop.strict:
            reason = "It does not begin with #! and an interpreter."
            raise BuildpackUnstartable(buildpack=descriptor.id, script=script, reason=reason)
        text = f"{script} of {descriptor.id} does not begin with #! and an interpreter"
        emit(Warned(text=text, hint="sh reads it here; other platforms cannot start it.", buildpack=descriptor.id))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Files of one buildpack's layers folder, which the buildpack may have made links or garbage of."""

    root: Path
    descriptor: Descriptor

    def invalid(self, file: str, reason: str, *, line: int = 0, key: str = "") -> BuildOutputInvalid:
        return BuildOutputInvalid(buildpack=self.descriptor.id, file=file, reason=reason, line=line, key=key)

    def file(self, name: str, parse: Callable[[str], Parsed]) -> Parsed | None:
        data = self._read(name, limit=16 << 20)
        if data is None:
            return None
        try:
            return parse(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise self.invalid(name, "is not UTF-8") from error
        except FileProblem as problem:
            raise self.invalid(name, problem.message, line=problem.line, key=problem.key) from problem

    def _read(self, name: str, *, limit: int) -> bytes | None:
        """None where there is no such file. What stands in its place is said: it was meant for somebody."""
        data = inside.read(self.root, f"{self.descriptor.escaped}/{name}", limit=limit, at=LAYERS)
        if data is None and name in self._names():
            raise self.invalid(name, "is no plain file, nor a link to one within the layers")
        return data

    def layers(self) -> dict[str, LayerFile]:
        """Every `<layer>.toml`. A folder without one is no layer, whatever its own name ends in."""
        found: dict[str, LayerFile] = {}
        for name in self._names():
            layer = name.removesuffix(".toml")
            if (
                layer == name
                or layer in NOT_LAYERS
                or inside.real_folder(self.root, f"{self.descriptor.escaped}/{name}")
            ):
                continue
            if layer in {"", ".", ".."}:
                raise self.invalid(name, "names no layer")
            if not name.isprintable():  # bytes that are not UTF-8 are not printable either
                raise self.invalid(ascii(name), "a layer's name is UTF-8, without control characters")
            parsed = self.file(name, parse_layer)
            if parsed is not None:
                found[layer] = parsed
        for reserved in sorted(NOT_LAYERS):
            if inside.real_folder(self.root, f"{self.descriptor.escaped}/{reserved}"):
                raise self.invalid(f"{LAYERS}/{self.descriptor.escaped}/{reserved}", "is no name for a layer")
        return found

    def environments(self, layers: Mapping[str, LayerFile]) -> dict[str, LayerEnvironment]:
        """Of all layers that count, in alphabetical order."""
        found = {
            name: layer_folder.environment(self.root, self.descriptor.escaped, name)
            for name in layer_folder.names(self.root, self.descriptor.escaped)
            if name in layers and not layers[name].types.ignored
        }
        for name, environment in found.items():
            for folder, files in environment.files.items():
                for file, value in files.items():
                    if len(value.encode("utf-8", "surrogateescape")) >= layer_folder.VALUE_LIMIT:
                        reason = f"has {layer_folder.VALUE_LIMIT} bytes or more: no program starts with such a variable"
                        raise self.invalid(f"{name}/{folder}/{file}", reason)
        return found

    def sboms(self) -> tuple[tuple[SbomFile, bytes], ...]:
        """With their contents: a later buildpack might put something else in their place."""
        read: list[tuple[SbomFile, bytes]] = []
        for file in sbom.found(self._names()):
            problem = sbom.problem(file, self.descriptor.sbom_formats)
            if problem is not None:
                raise self.invalid(file.name, problem)
            data = self._read(file.name, limit=64 << 20)
            if data is not None:
                read.append((file, data))
        return tuple(read)

    def _names(self) -> list[str]:
        """Nothing where the buildpack removed its folder: it has no layers, then."""
        if not os.path.lexists(self.root / self.descriptor.escaped):
            return []
        if not inside.real_folder(self.root, self.descriptor.escaped):
            raise self.invalid(f"{LAYERS}/{self.descriptor.escaped}", "its layers folder is no folder any more")
        return sorted(item.name for item in (self.root / self.descriptor.escaped).iterdir())


def _set_aside(root: Path, descriptor: Descriptor, layers: dict[str, LayerFile]) -> None:
    from slugc.host.files import remove_tree

    for name in set_aside(layers):
        folder = root / descriptor.escaped / name
        if inside.real_folder(root, f"{descriptor.escaped}/{name}"):
            remove_tree(folder.with_name(f"{name}.ignore"))
            folder.rename(folder.with_name(f"{name}.ignore"))
