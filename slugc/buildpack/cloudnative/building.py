"""bin/build of one buildpack: run it, and read what it left (specification: buildpack.md, "Phase #3: Build")."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from slugc.buildpack.cloudnative import layer_folder, sbom
from slugc.buildpack.cloudnative.environment import LAYERS
from slugc.buildpack.cloudnative.feed import PlanFeed, UnmetUnknown
from slugc.buildpack.cloudnative.modifications import for_build
from slugc.buildpack.cloudnative.place import Place
from slugc.buildpack.cloudnative.sbom import SbomFile
from slugc.buildpack.cloudnative.table import set_aside
from slugc.buildpack.contract import Exports
from slugc.errors.cloudnative import BuildOutputInvalid
from slugc.errors.compile import BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable
from slugc.events import Emit, Warned
from slugc.formats import transcript
from slugc.formats.checked import FileProblem
from slugc.formats.launch_toml import parse_launch
from slugc.formats.layer_toml import parse_layer, parse_store, parse_unmet
from slugc.formats.plan_toml import buildpack_plan
from slugc.host import inside
from slugc.model.cloudnative import Descriptor, LaunchFile, LayerFile

TAIL = 20
NOT_STARTED = frozenset({1, 126, 127})
"""How the sandbox and the shell say that a program could not be executed; so do programs, of other things."""
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
    env = for_build(
        {**place.world.base, **exports.env},
        [
            layer_folder.environment(place.layers, descriptor.escaped, name)
            for name in layer_folder.names(place.layers, descriptor.escaped)
            if name in layers and layers[name].types.build
        ],
        strict=strict,
    )
    changed = {name: value for name, value in env.items() if value != place.world.base.get(name)}
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
    job = place.build(descriptor, exports, plan=buildpack_plan(plan.given_to(descriptor)))
    done = place.shop.run(job, on_line)
    if done.timed_out:
        raise BuildpackTimedOut(buildpack=descriptor.id, seconds=place.shop.timeout, tail=list(tail), script=script)
    reason = unstartable(descriptor, script) if done.status in NOT_STARTED else None
    if reason is not None:
        raise BuildpackUnstartable(buildpack=descriptor.id, script=script, reason=reason)
    if done.status != 0:
        raise BuildpackFailed(buildpack=descriptor.id, status=done.status, tail=list(tail), script=script)


def unstartable(descriptor: Descriptor, script: str) -> str | None:
    """Why the kernel would not start a script; None where nothing is wrong with it."""
    data = inside.read(descriptor.root, script, limit=256)
    if data is None:
        return f"{script} is not there"
    first = data.split(b"\n", 1)[0]
    if not first.startswith((b"#!", b"\x7fELF")):
        return f"It begins with {first.decode('utf-8', 'replace')[:60]!r}, not with #! and an interpreter."
    if first.endswith(b"\r"):
        return "Its first line ends in a carriage return: save it with Unix line ends."
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Files of one buildpack's layers folder, which the buildpack may have made links or garbage of."""

    root: Path
    descriptor: Descriptor

    def invalid(self, file: str, reason: str, *, line: int = 0, key: str = "") -> BuildOutputInvalid:
        return BuildOutputInvalid(buildpack=self.descriptor.id, file=file, reason=reason, line=line, key=key)

    def file(self, name: str, parse: Callable[[str], Parsed]) -> Parsed | None:
        data = inside.read(self.root, f"{self.descriptor.escaped}/{name}", limit=16 << 20)
        if data is None:
            return None
        try:
            return parse(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise self.invalid(name, "is not UTF-8") from error
        except FileProblem as problem:
            raise self.invalid(name, problem.message, line=problem.line, key=problem.key) from problem

    def layers(self) -> dict[str, LayerFile]:
        """Every `<layer>.toml`. A folder without one is no layer."""
        found: dict[str, LayerFile] = {}
        for name in self._names():
            layer = name.removesuffix(".toml")
            if layer == name or layer in NOT_LAYERS:
                continue
            if layer in {"", ".", ".."}:
                raise self.invalid(name, "names no layer")
            parsed = self.file(name, parse_layer)
            if parsed is None:
                raise self.invalid(name, "is no plain file")
            found[layer] = parsed
        for reserved in sorted(NOT_LAYERS):
            if inside.real_folder(self.root, f"{self.descriptor.escaped}/{reserved}"):
                raise self.invalid(f"{LAYERS}/{self.descriptor.escaped}/{reserved}", "is no name for a layer")
        return found

    def sboms(self) -> tuple[tuple[SbomFile, bytes], ...]:
        """With their contents: a later buildpack might put something else in their place."""
        read: list[tuple[SbomFile, bytes]] = []
        for file in sbom.found(self._names()):
            problem = sbom.problem(file, self.descriptor.sbom_formats)
            if problem is not None:
                raise self.invalid(file.name, problem)
            data = inside.read(self.root, f"{self.descriptor.escaped}/{file.name}", limit=64 << 20)
            if data is not None:
                read.append((file, data))
        return tuple(read)

    def _names(self) -> list[str]:
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
