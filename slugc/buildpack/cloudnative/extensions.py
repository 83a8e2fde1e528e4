"""Image extensions: their bin/generate runs, and what it asks of an image is refused, for a slug has none."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from slugc.buildpack.cloudnative.feed import PlanFeed
from slugc.buildpack.cloudnative.place import Place
from slugc.errors.cloudnative import DockerfileNeeded, GenerateFailed
from slugc.events import Emit, Step
from slugc.formats import transcript
from slugc.formats.plan_toml import buildpack_plan
from slugc.model.cloudnative import Descriptor, Kind

DOCKERFILES = ("run.Dockerfile", "build.Dockerfile")


def generate(place: Place, members: Sequence[Descriptor], plan: PlanFeed, *, emit: Emit) -> None:
    """Raises GenerateFailed, and DockerfileNeeded where an extension wrote one."""
    for descriptor in members:
        if descriptor.kind is not Kind.EXTENSION:
            continue
        emit(Step(text=f"Running image extension {descriptor.key}"))
        output = _generated(place, descriptor, plan, emit)
        files = [name for name in DOCKERFILES if (output / name).is_file()]
        if files:
            raise DockerfileNeeded(extension=descriptor.key, files=files)


def _generated(place: Place, descriptor: Descriptor, plan: PlanFeed, emit: Emit) -> Path:
    """The folder with what the extension wants: its output, or what it has ready where it has no bin/generate."""
    if not (descriptor.root / "bin" / "generate").is_file():
        return descriptor.root / "generate"
    output = place.shop.scratch / "generated" / descriptor.escaped
    output.mkdir(parents=True)
    tail: deque[str] = deque(maxlen=20)

    def on_line(text: str, stream: str) -> None:
        tail.append(text)
        emit(transcript.event(text, buildpack=descriptor.id, stream=stream))

    given = buildpack_plan(plan.given_to(descriptor))
    done = place.shop.run(place.generate(descriptor, plan=given, output=output), on_line)
    if done.status != 0:
        raise GenerateFailed(extension=descriptor.key, status=done.status, tail=list(tail))
    return output
