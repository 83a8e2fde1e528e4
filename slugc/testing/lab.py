"""A place for trial builds: a state folder apart from the user's own, apps in it, and what their builds gave."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slugc import pipeline
from slugc.errors.root import SlugcError
from slugc.events import Event
from slugc.host.clock import SystemClock
from slugc.host.files import scratch
from slugc.host.home import Home
from slugc.model.build import BuildRequest, Detection
from slugc.model.slug import Slug, SlugManifest
from slugc.render import human
from slugc.slug.store import SlugStore
from slugc.testing import running

if TYPE_CHECKING:
    from slugc.testing.fixture import Fixture
    from slugc.testing.judging import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """`folder` takes the apps. Labs may share a `home`: runtimes are then fetched once, and every app still has a
    build cache of its own."""

    folder: Path
    home: Home
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """The caller's environment, of which a build sees what it always sees: proxies, registries, certificates."""
    buildpacks: tuple[str, ...] = ()
    """For a build that names none; empty: detection decides."""

    def app(self, files: Mapping[str, str | bytes] | str | Path, *, name: str = "app") -> "App":
        """A source of these files (path -> content), or a copy of this folder."""
        app = App(lab=self, path=self.folder / name)
        app.path.mkdir(parents=True)
        if isinstance(files, Mapping):
            app.write(files)
        else:
            shutil.copytree(files, app.path, symlinks=True, dirs_exist_ok=True)
        return app

    def judge(self, fixture: "Fixture") -> "Verdict":
        """Build a fixture, and compare what came out with its promise. Raises ConfigurationInvalid."""
        from slugc.testing.judging import judge

        return judge(fixture, self)


@contextmanager
def temporary_lab(home: Home, *, buildpacks: Sequence[str] = ()) -> Iterator[Lab]:
    """A lab that is gone afterwards, with what was built in it; only runtimes and fetched buildpacks stay in `home`."""
    with scratch(home.work, "lab") as folder:
        state = Home(folder / "home")
        state.root.mkdir()
        for kept in ("runtimes", "buildpacks", "stacks"):
            (home.root / kept).mkdir(parents=True, exist_ok=True)
            (state.root / kept).symlink_to(home.root / kept)
        yield Lab(folder=folder / "apps", home=state, buildpacks=tuple(buildpacks))


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A source tree in a lab."""

    lab: Lab
    path: Path

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def detect(self, *buildpacks: str | Path, **choices: Any) -> Detection:
        """What each buildpack says of it: `Tried` values with exit code, name, stderr. Raises SlugcError."""
        return pipeline.detect(
            self._request(buildpacks, choices),
            every=True,
            home=self.lab.home,
            clock=SystemClock(),
            environ=self.lab.environ,
        )

    def build(self, *buildpacks: str | Path, **choices: Any) -> "Build":
        """Build it; a build that fails is a value, too. `choices`: fields of BuildRequest (config, stack, network,
        rebuild, ...). Building again uses the cache, as it does for a user."""
        events: list[Event] = []
        began = time.monotonic()
        slug = error = None
        reused = False
        try:
            result = pipeline.build(
                self._request(buildpacks, choices),
                home=self.lab.home,
                clock=SystemClock(),
                environ=self.lab.environ,
                emit=events.append,
            )
            slug, reused = result.slug, result.reused
        except SlugcError as caught:
            error = caught
        seconds = time.monotonic() - began
        return Build(app=self, events=tuple(events), seconds=seconds, error=error, reused=reused, built=slug)

    def _request(self, buildpacks: tuple[str | Path, ...], choices: Mapping[str, Any]) -> BuildRequest:
        named = tuple(os.fspath(each) for each in buildpacks) or self.lab.buildpacks
        return replace(BuildRequest(source=str(self.path), buildpacks=named), **choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What a build gave. Whatever needs a slug raises the build's own error where there is none."""

    app: App
    events: tuple[Event, ...]
    seconds: float
    error: SlugcError | None
    reused: bool
    """True where nothing had changed and no buildpack ran."""
    built: Slug | None

    @property
    def slug(self) -> Slug:
        if self.error is not None:
            raise self.error
        assert self.built is not None
        return self.built

    @property
    def manifest(self) -> SlugManifest:
        return self.slug.manifest

    @property
    def processes(self) -> dict[str, str]:
        """Process types and their commands."""
        return {process.name: process.text for process in self.manifest.process_types}

    @property
    def transcript(self) -> str:
        """What a user reads, the error at the end included."""
        lines = [line for event in self.events for line in human.render(event)]
        if self.error is not None:
            lines += [f"{self.error.summary} ({self.error.code})", self.error.detail, self.error.hint]
        return "\n".join(lines)

    @property
    def root(self) -> Path:
        """The slug's files, as dynos see them under /app. Shared by all of them: do not write there."""
        return SlugStore(self.app.lab.home).tree(self.manifest.digest) / "app"

    def says(self, *texts: str) -> None:
        """Assert that the transcript has these texts, each after the one before it."""
        reason = missing(texts, self.transcript)
        assert reason is None, reason

    def run(self, *words: str, config: Mapping[str, str] | None = None) -> running.Ran:
        """Run a command in a one-off dyno of the slug."""
        return running.run(self.slug.path, words, config=config or {}, environ=self._environ())

    def serve(
        self, process: str = "web", *, config: Mapping[str, str] | None = None
    ) -> AbstractContextManager[running.Serving]:
        """Boot one dyno of a process type behind the router, for a `with` block. Raises DidNotBoot."""
        scratch = self.app.lab.folder
        return running.serving(
            self.slug.path, process=process, config=config or {}, environ=self._environ(), scratch=scratch
        )

    def _environ(self) -> dict[str, str]:
        return {**self.app.lab.environ, "SLUGC_HOME": str(self.app.lab.home.root)}


def missing(texts: tuple[str, ...], whole: str) -> str | None:
    """Which text does not stand after the one before it; None where all do."""
    at = 0
    for text in texts:
        found = whole.find(text, at)
        if found < 0:
            return f"{text!r} is missing{' after the text before it' if text in whole else ''} in:\n{whole}"
        at = found + len(text)
    return None
