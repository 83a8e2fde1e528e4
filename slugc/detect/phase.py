"""Detection with Cloud Native buildpacks: every bin/detect at most once, the members of a group at the same time."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from slugc.buildpack import driver
from slugc.buildpack.cloudnative.detecting import run_detect
from slugc.buildpack.cloudnative.gathering import Gathered, as_buildpack
from slugc.buildpack.cloudnative.place import Place
from slugc.buildpack.cloudnative.targets import mismatch
from slugc.detect.order import GroupTried, MemberTried, Resolution, UnknownMember, Verdict, Walk, loop, run_key
from slugc.errors.cloudnative import GroupErrored, NoGroupDetected, OrderLoops, OrderMemberMissing
from slugc.errors.detect import BuildpackRefused
from slugc.events import BuildpackTried, Emit, Output
from slugc.model.build import Detected, Detection, GroupExplained, MemberExplained, TrialExplained, Tried
from slugc.model.buildpack import Buildpack
from slugc.model.cloudnative import ERROR, FAIL, PASS, Api, Descriptor, DetectRun, Element, OrderEntry

WORKERS = 4 * (os.cpu_count() or 1)
"""Detection waits for processes more than it computes; the lifecycle starts all of a group at once."""
_EXEC_ENV = Api(0, 12)


@dataclass(slots=True)
class Phase:
    """One detection. `resolve` raises nothing for what buildpacks say; `chosen` turns its end into a group."""

    gathered: Gathered
    place: Place
    emit: Emit
    _known: dict[str, DetectRun] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def resolve(self) -> Resolution:
        """Raises OrderMemberMissing, OrderLoops."""
        chain = loop(self.gathered.order, self.gathered.shelf.lookup)
        if chain:
            raise OrderLoops(members=chain)
        walk = Walk(
            lookup=self.gathered.shelf.lookup,
            run=self._run,
            mismatch=lambda descriptor: mismatch(descriptor, self.place.world.target),
            excluded=self._excluded,
            strict=self.place.shop.strict,
        )
        try:
            return walk.resolve(self.gathered.order, self.gathered.extensions)
        except UnknownMember as error:
            raise OrderMemberMissing(member=error.entry.reference, known=self.gathered.shelf.keys()) from error

    def chosen(self, resolution: Resolution) -> tuple[Detected, ...]:
        """The group that held. Raises NoGroupDetected, GroupErrored, BuildpackRefused."""
        if not resolution.members:
            self._refuse(resolution)
        return tuple(self._detected(element, resolution) for element in resolution.members)

    def explained(self, resolution: Resolution, *, source: str) -> Detection:
        """The whole walk as a value: for `slugc detect`."""
        members = {run_key(m.element): m for group in resolution.tried for m in group.members}
        return Detection(
            source=source,
            forced=True,
            tried=tuple(self._tried(member) for member in members.values()),
            chosen=tuple(self._shown(element) for element in resolution.members),
            groups=tuple(self._group(group) for group in resolution.tried),
        )

    def _tried(self, member: MemberTried) -> Tried:
        shown, run = self._shown(member.element), member.run
        return Tried(
            buildpack=shown,
            id=shown,
            passed=run.code == PASS,
            code=run.code,
            name=self._names.get(member.element.id, ""),
            stderr=run.output,
            seconds=run.seconds,
            problem=run.problem or None,
        )

    def _group(self, group: GroupTried) -> GroupExplained:
        return GroupExplained(
            members=tuple(
                MemberExplained(
                    id=self._shown(m.element),
                    optional=m.element.optional,
                    verdict=m.verdict.value,
                    code=m.run.code,
                    seconds=m.run.seconds,
                    output=m.run.output,
                    problem=m.run.problem,
                )
                for m in group.members
            ),
            trials=tuple(TrialExplained(dropped=t.dropped, problem=t.problem) for t in group.trials),
            problem=group.problem,
        )

    def _shown(self, element: Element) -> str:
        classic = self.gathered.classic.get(element.id)
        return classic.id if classic is not None else element.key

    def _detected(self, element: Element, resolution: Resolution) -> Detected:
        classic = self.gathered.classic.get(element.id)
        if classic is not None:
            return Detected(buildpack=classic, name=self._names.get(element.id, ""))
        descriptor = self._descriptor(element)
        return Detected(
            buildpack=as_buildpack(descriptor, self.gathered.origins[f"{descriptor.kind}:{descriptor.key}"]),
            name=descriptor.name or descriptor.id,
            descriptor=descriptor,
            plan=resolution.entries,
        )

    def _excluded(self, descriptor: Descriptor) -> bool:
        wanted, own = self.place.world.exec_env, descriptor.exec_env
        return descriptor.api >= _EXEC_ENV and bool(own) and wanted not in own and "all" not in own

    def _run(self, elements: Sequence[Element]) -> Mapping[str, DetectRun]:
        fresh = [element for element in elements if run_key(element) not in self._known]
        if fresh:
            with ThreadPoolExecutor(max_workers=min(WORKERS, len(fresh))) as pool:
                runs = list(pool.map(self._detect, fresh))
            for element, run in zip(fresh, runs, strict=True):
                self._known[run_key(element)] = run
                self._tell(element, run)
        return {run_key(element): self._known[run_key(element)] for element in elements}

    def _tell(self, element: Element, run: DetectRun) -> None:
        name, classic = element.id, self.gathered.classic.get(element.id)
        self.emit(
            BuildpackTried(
                buildpack=classic.id if classic else name,
                passed=run.code == PASS,
                code=run.code,
                name=self._names.get(name, ""),
                stderr="\n".join(part for part in (run.output if run.code != PASS else "", run.problem) if part),
                seconds=run.seconds,
            )
        )

    def _detect(self, element: Element) -> DetectRun:
        classic = self.gathered.classic.get(element.id)
        if classic is not None:
            return self._classic(element, classic)
        return run_detect(self._descriptor(element), self.place)

    def _classic(self, element: Element, buildpack: Buildpack) -> DetectRun:
        verdict = driver(buildpack).detect(self.place.shop)
        self._names[element.id] = verdict.name
        code = PASS if verdict.passed else ERROR if verdict.problem else FAIL
        return DetectRun(code=code, output=verdict.stderr, problem=verdict.problem or "", seconds=verdict.seconds)

    def _descriptor(self, element: Element) -> Descriptor:
        found = self.gathered.shelf.lookup(OrderEntry(id=element.id, version=element.version, kind=element.kind))
        assert found is not None  # the walk looked it up before
        return found

    def _refuse(self, resolution: Resolution) -> None:
        lost = [m for m in resolution.tried[-1].members if m.verdict in {Verdict.FAIL, Verdict.ERROR}]
        for member in lost:
            classic = self.gathered.classic.get(member.element.id)
            if classic is not None and member.verdict is Verdict.FAIL and len(resolution.tried) == 1:
                raise BuildpackRefused(
                    buildpack=classic.reference.shown,
                    origin=classic.reference.origin,
                    status=1,
                    stderr=member.run.output,
                )
        reasons = [group.problem or "" for group in resolution.tried]
        outputs = _outputs(resolution.tried)
        for line in "\n".join(outputs).splitlines():
            self.emit(Output(text=line))
        if resolution.errored:
            raise GroupErrored(reasons=reasons, output="\n".join(_outputs(resolution.tried, errors_only=True)))
        raise NoGroupDetected(reasons=reasons)


def _outputs(tried: Sequence[GroupTried], *, errors_only: bool = False) -> list[str]:
    """What the members printed, each once, under a heading of its own."""
    shown: dict[str, MemberTried] = {}
    for group in tried:
        for member in group.members:
            if member.run.output and not (errors_only and member.verdict is not Verdict.ERROR):
                shown.setdefault(run_key(member.element), member)
    return [f"======== Output: {m.element.key} ========\n{m.run.output}" for m in shown.values()]
