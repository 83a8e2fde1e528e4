"""One bin/detect of a Cloud Native buildpack (specification: buildpack.md, "Phase #1: Detection")."""

from slugc.buildpack.cloudnative.place import Place
from slugc.buildpack.starting import unstartable
from slugc.formats.checked import FileProblem
from slugc.formats.plan_toml import parse_build_plan
from slugc.host import inside
from slugc.model.cloudnative import ERROR, PASS, BuildPlan, Descriptor, DetectRun, Kind

DETECT_SECONDS = 60.0
LINES = 10_000
"""Of what it prints, so many lines are kept."""


def run_detect(descriptor: Descriptor, place: Place) -> DetectRun:
    """One bin/detect, and the plan that it wrote. Both streams together, as the reference lifecycle has them."""
    if not (descriptor.root / "bin" / "detect").is_file():
        return _without_detect(descriptor)
    job = place.detect(descriptor, timeout=DETECT_SECONDS)
    lines: list[str] = []

    def keep(text: str, _stream: str) -> None:
        if len(lines) < LINES:
            lines.append(text)

    done = place.shop.run(job, keep)
    output = "\n".join(lines)
    if done.timed_out:
        problem = f"no answer within {DETECT_SECONDS:g} seconds"
        return DetectRun(code=ERROR, output=output, problem=problem, seconds=done.seconds)
    first, said = inside.read(descriptor.root, "bin/detect", limit=256), lines[-1] if lines else ""
    reason = unstartable(first, "bin/detect", status=done.status, said=said)
    if reason is not None:
        return DetectRun(code=ERROR, output=output, problem=reason, seconds=done.seconds)
    if done.status != PASS:
        return DetectRun(code=done.status, output=output, seconds=done.seconds)
    try:
        plan = _written_plan(descriptor, place)
    except FileProblem as problem:
        return DetectRun(code=ERROR, output=output, problem=f"its build plan: {problem}", seconds=done.seconds)
    return DetectRun(code=PASS, plan=plan, output=output, seconds=done.seconds)


def _without_detect(descriptor: Descriptor) -> DetectRun:
    """An extension may have its plan ready; a buildpack must have a bin/detect."""
    if descriptor.kind is not Kind.EXTENSION:
        return DetectRun(code=ERROR, problem="bin/detect is not there")
    try:
        return DetectRun(code=PASS, plan=_plan(descriptor, inside.read(descriptor.root, "detect/plan.toml") or b""))
    except FileProblem as problem:
        return DetectRun(code=ERROR, problem=f"detect/plan.toml: {problem}")


def _written_plan(descriptor: Descriptor, place: Place) -> BuildPlan:
    data = inside.read(place.plan_folder(descriptor, "detect"), "plan.toml", limit=16 << 20)
    if data is None:
        raise FileProblem(key="", line=0, message="is no plain file any more")
    return _plan(descriptor, data)


def _plan(descriptor: Descriptor, data: bytes) -> BuildPlan:
    try:
        plan = parse_build_plan(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FileProblem(key="", line=0, message="is not UTF-8") from error
    if descriptor.kind is Kind.EXTENSION and any(section.requires for section in plan.options):
        raise FileProblem(key="requires", line=0, message="an image extension may only provide")
    return plan
