"""One build at a time, with a state folder of its own, and everything that a user would have seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from slugc import events, pipeline
from slugc.host.clock import SystemClock
from slugc.host.home import Home
from slugc.model.build import BuildRequest, BuildResult
from slugc.render import human
from slugc.sandbox.choose import try_bubblewrap
from slugc.slug.store import SlugStore

PACKS = Path(__file__).resolve().parent.parent / "packs"
PLAIN = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


@dataclass
class Builder:
    """Builds, and keeps the events of the last build."""

    home: Home
    cwd: Path
    environ: Mapping[str, str] = field(default_factory=lambda: dict(PLAIN))
    seen: list[events.Event] = field(default_factory=list)

    def build(self, source: Path | str, *packs: str | Path, **options: object) -> BuildResult:
        self.seen = []
        names = tuple(str(PACKS / pack) if (PACKS / pack).is_dir() else str(pack) for pack in packs)
        request = replace(BuildRequest(source=str(source), buildpacks=names), **options)  # type: ignore[arg-type]
        return pipeline.build(request, home=self.home, clock=SystemClock(), environ=self.environ, emit=self.seen.append)

    def why(self, source: Path | str, *packs: str | Path, **options: object) -> tuple[str, ...]:
        names = tuple(str(PACKS / pack) if (PACKS / pack).is_dir() else str(pack) for pack in packs)
        request = replace(BuildRequest(source=str(source), buildpacks=names), **options)  # type: ignore[arg-type]
        return pipeline.why(request, home=self.home, clock=SystemClock(), environ=self.environ)

    def count(self, kind: type[events.Event], source: Path, pack: str) -> int:
        """How many events of a kind a build emits, without keeping any."""
        found = 0

        def listen(event: events.Event) -> None:
            nonlocal found
            found += isinstance(event, kind)

        request = BuildRequest(source=str(source), buildpacks=(str(PACKS / pack),))
        pipeline.build(request, home=self.home, clock=SystemClock(), environ=self.environ, emit=listen)
        return found

    @property
    def transcript(self) -> str:
        return "\n".join(line for event in self.seen for line in human.render(event))

    def tree(self, result: BuildResult) -> Path:
        return SlugStore(self.home).tree(result.slug.manifest.digest) / "app"


@pytest.fixture(scope="module")
def stacked(stack_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of its own, with the shared stacks in it."""
    if try_bubblewrap().program is None:
        pytest.skip(try_bubblewrap().reason)
    root = tmp_path_factory.mktemp("home")
    (root / "stacks").symlink_to(stack_home.stacks)
    return root


@pytest.fixture
def packs() -> Path:
    return PACKS


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    return Builder(home=Home(tmp_path / "home"), cwd=tmp_path)


@pytest.fixture
def app(tmp_path: Path) -> Callable[..., Path]:
    """Makes a source folder from file names and contents."""

    def make(files: Mapping[str, str | bytes], name: str = "source") -> Path:
        root = tmp_path / name
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content.encode() if isinstance(content, str) else content)
        root.mkdir(exist_ok=True)
        return root

    return make
