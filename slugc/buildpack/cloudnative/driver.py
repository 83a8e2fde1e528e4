"""A Cloud Native buildpack in one build, behind the same Protocol as a classic one."""

from dataclasses import dataclass

from slugc.buildpack.cloudnative import descriptors
from slugc.buildpack.cloudnative.detecting import run_detect
from slugc.buildpack.cloudnative.place import arrange_for
from slugc.buildpack.cloudnative.session import Session
from slugc.buildpack.contract import Compiled, Exports, Verdict, Workshop
from slugc.events import Emit
from slugc.formats.release_yaml import ReleaseYaml
from slugc.model.buildpack import Buildpack
from slugc.model.cloudnative import PASS, Descriptor


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudNative:
    buildpack: Buildpack
    descriptor: Descriptor | None = None
    """The member of the group; None: read it from the buildpack's folder."""
    session: Session | None = None
    """What the Cloud Native members of one build share; only `compile` needs it."""

    def detect(self, shop: Workshop) -> Verdict:
        """By itself, outside any group: its plan is not compared with anybody's."""
        found = self.descriptor or descriptors.read(self.buildpack.root, strict=shop.strict)
        run = run_detect(found, arrange_for(shop))
        name = found.name or found.id if run.code == PASS else ""
        return Verdict(code=run.code, name=name, stderr=run.output, seconds=run.seconds, problem=run.problem or None)

    def compile(self, shop: Workshop, exports: Exports, *, emit: Emit) -> Compiled:  # noqa: ARG002 - the session has it
        assert self.session is not None
        assert self.descriptor is not None
        return Compiled(exports=self.session.build(self.descriptor, exports, emit=emit))

    def release(self, shop: Workshop, *, emit: Emit) -> ReleaseYaml | None:  # noqa: ARG002 - launch.toml says it
        return None

    def report(self, shop: Workshop) -> None:
        """The Cloud Native API has none."""
