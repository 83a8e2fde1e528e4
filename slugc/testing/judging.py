"""A fixture built as its expect.toml says, and every promise that did not hold."""

import filecmp
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from slugc.buildpack import interpreters
from slugc.cache import BuildCache
from slugc.errors.root import SlugcError
from slugc.host.files import remove_tree
from slugc.host.home import Home
from slugc.host.processes import Command, capture
from slugc.model.promise import Content, Failure, OneOff, Page, Promise, Rebuild
from slugc.slug.compare import check_same
from slugc.testing.fixture import Fixture
from slugc.testing.lab import App, Build, Lab, missing
from slugc.testing.loopback import served
from slugc.testing.running import DidNotBoot


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    fixture: str
    broken: tuple[str, ...] = ()
    """What did not hold, with the evidence; empty: every promise was kept."""
    skipped: str | None = None
    """What this machine lacks for it."""
    seconds: float = 0.0

    @property
    def report(self) -> str:
        return "\n\n".join((f"{self.fixture}: {len(self.broken)} not as promised", *self.broken))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """One fixture under way."""

    fixture: Fixture
    lab: Lab
    config: Mapping[str, str] = field(default_factory=dict)
    """The config var that names the fixture's own server."""

    @property
    def promise(self) -> Promise:
        return self.fixture.promise

    def placed(self, text: str) -> str:
        tools = self.lab.folder / "tools"
        return text.replace("{scratch}", str(tools)).replace("{fixture}", str(self.fixture.folder))

    def build(self, app: App, config: Mapping[str, str] | None = None, *, rebuild: bool = False) -> Build:
        chosen = self.promise.build
        return app.build(
            *(self._reference(word) for word in chosen.buildpacks),
            config={**(chosen.config if config is None else config), **self.config},
            runtime_source=chosen.runtime_source,
            timeout=chosen.timeout,
            rebuild=rebuild,
        )

    def _reference(self, word: str) -> str:
        """A path is meant from the fixture's folder, wherever the tests are started."""
        return str(self.fixture.folder / word) if word.startswith((".", "..")) else word


def judge(fixture: Fixture, lab: Lab) -> Verdict:
    began = time.monotonic()
    lacking = _lacking(fixture.promise, lab)
    if lacking is not None:
        return Verdict(fixture=fixture.name, skipped=lacking)
    trial = _Trial(fixture=fixture, lab=lab)
    with ExitStack() as until_judged:
        broken = []
        try:
            app = _prepared(trial, "one")
            if fixture.promise.serve is not None:
                served_by = fixture.promise.serve
                url = until_judged.enter_context(served(Path(trial.placed(served_by.folder))))
                trial = replace(trial, config={served_by.variable: url})
            broken = list(_broken(trial, app))
        except _NotPrepared as error:
            broken = [str(error)]
    return Verdict(fixture=fixture.name, broken=tuple(broken), seconds=time.monotonic() - began)


def _lacking(promise: Promise, lab: Lab) -> str | None:
    for program in promise.needs.programs:
        if shutil.which(program, path=lab.environ.get("PATH")) is None:
            return f"needs {program}, which is not installed here"
    version = promise.needs.host_python
    pythons = interpreters.installed(lab.environ).get("python", ())
    if version and not any(f"{version}." in python.name for python in pythons):
        return f"needs a Python {version} of pyenv or uv on this machine"
    return None


class _NotPrepared(Exception):
    pass


def _prepared(trial: _Trial, name: str) -> App:
    """A copy of the app in a folder of this name. Its prepare step runs once: a lock file that is made anew may
    name newer packages, and the second build would rightly differ."""
    app = trial.lab.app(trial.fixture.app, name=f"{name}/app")
    kept = trial.lab.folder / "prepared"
    if kept.exists():
        shutil.copytree(kept, app.path, symlinks=True, dirs_exist_ok=True)
        return app
    prepare = trial.promise.prepare
    # The interpreter that runs slugc, and uv, which comes with it.
    path = f"{Path(sys.executable).parent}{os.pathsep}{trial.lab.environ.get('PATH', os.defpath)}"
    given = {variable: trial.placed(value) for variable, value in prepare.env.items()}
    for words in prepare.commands:
        argv = tuple(trial.placed(word) for word in words)
        # env(1) looks the program up on the PATH that is given to it; exec would use the caller's.
        command = Command(argv=("env", *argv), env={**trial.lab.environ, "PATH": path, **given}, cwd=app.path)
        done, stdout, stderr = capture(command)
        if done.status:
            raise _NotPrepared(f"[prepare] {' '.join(argv)} ended with {done.status}:\n{stdout}\n{stderr}")
    if prepare.commands:
        shutil.copytree(app.path, kept, symlinks=True)
    return app


def _broken(trial: _Trial, app: App) -> Iterator[str]:
    promise = trial.promise
    build = trial.build(app)
    if promise.error is not None:
        yield from _failure(promise.error, build)
        return
    if build.error is not None:
        yield f"the build failed:\n{build.transcript}"
        return
    yield from _said("[transcript]", promise.transcript.contains, promise.transcript.absent, build)
    yield from _manifest(promise, build)
    yield from _content(promise.slug, trial, build)
    for asked in promise.run:
        yield from _one_off(asked, build)
    for page in promise.http:
        yield from _page(page, build)
    for step in promise.rebuild:
        yield from _rebuild(step, trial, app)
    if promise.slug.deterministic:
        yield from _second_build(trial, build)


def _failure(failure: Failure, build: Build) -> Iterator[str]:
    if build.error is None:
        yield f"[error] the build should fail with {failure.code}, and did not:\n{build.transcript}"
        return
    reason = missing((*failure.contains, f"({failure.code})"), build.transcript)
    if reason is not None:
        yield f"[error] {reason}"


def _said(where: str, contains: tuple[str, ...], absent: tuple[str, ...], build: Build) -> Iterator[str]:
    if build.error is not None:
        yield f"{where} the build failed:\n{build.transcript}"
        return
    reason = missing(contains, build.transcript)
    if reason is not None:
        yield f"{where} {reason}"
    for text in absent:
        if text in build.transcript:
            yield f"{where} {text!r} should not be in:\n{build.transcript}"


def _manifest(promise: Promise, build: Build) -> Iterator[str]:
    manifest = build.manifest
    names = [buildpack.name for buildpack in manifest.buildpacks]
    if promise.detect is not None and promise.detect not in names:
        yield f"[detect] {promise.detect!r} is not among the names that were printed: {names}"
    for name, command in promise.processes.items():
        if build.processes.get(name) != command:
            yield f"[processes] {name} is {build.processes.get(name)!r}, not {command!r}"
    languages = {runtime.language for runtime in manifest.runtimes}
    for language in promise.slug.runtimes:
        if language not in languages:
            yield f"[slug] there is no {language} runtime; there are {sorted(languages)}"
    for runtime in manifest.runtimes:
        if not (runtime.digest and runtime.uri):
            yield f"[slug] the {runtime.language} runtime has no source or no digest: {runtime}"
    for addon in promise.slug.addons:
        if addon not in manifest.addons:
            yield f"[slug] the add-on {addon} is not asked for; these are: {list(manifest.addons)}"
    if str(build.app.lab.home.root) in repr(manifest):
        yield f"[slug] its manifest names the state folder {build.app.lab.home.root}"


def _content(content: Content, trial: _Trial, build: Build) -> Iterator[str]:
    for path in content.files:
        if not os.path.lexists(build.root / path):
            yield f"[slug] there is no file {path}"
    for path in content.absent:
        if os.path.lexists(build.root / path):
            yield f"[slug] there should be no {path}"
    for name in content.secrets:
        value = trial.promise.build.config.get(name, "")
        if not value:
            yield f"[slug] secrets: [build] sets no config var {name}"
            continue
        if value in build.transcript:
            yield f"[slug] the value of {name} stands in the transcript"
        cache = BuildCache(home=trial.lab.home, app=str(build.app.path)).folder
        for folder in (build.root.parent, cache):
            yield from (f"[slug] the value of {name} stands in {path}" for path in _holding(value.encode(), folder))


def _holding(value: bytes, folder: Path) -> Iterator[Path]:
    for top, _, names in os.walk(folder):
        for path in (Path(top, name) for name in names):
            if path.is_file() and not path.is_symlink() and value in path.read_bytes():
                yield path


def _one_off(asked: OneOff, build: Build) -> Iterator[str]:
    ran = build.run(*asked.command, config=asked.env)
    evidence = f"{ran.stdout}\n{ran.stderr}"
    if ran.exit != asked.exit:
        yield f"[[run]] {list(asked.command)} ended with {ran.exit}, not {asked.exit}:\n{evidence}"
    elif asked.contains not in ran.stdout:
        yield f"[[run]] {list(asked.command)} did not print {asked.contains!r}:\n{evidence}"


def _page(page: Page, build: Build) -> Iterator[str]:
    try:
        with build.serve(page.process, config=page.env) as serving:
            answer = serving.get(page.path)
            evidence = f"{answer.text}\n{serving.log}"
    except DidNotBoot as error:
        yield f"[[http]] {error}"
        return
    if answer.status_code != page.status:
        yield f"[[http]] {page.path} answered {answer.status_code}, not {page.status}:\n{evidence}"
    elif page.contains not in answer.text:
        yield f"[[http]] {page.path} answered without {page.contains!r}:\n{evidence}"


def _rebuild(step: Rebuild, trial: _Trial, app: App) -> Iterator[str]:
    app.write(step.files)
    build = trial.build(app, step.config, rebuild=not step.files and step.config is None)
    yield from _said("[[rebuild]]", step.said.contains, step.said.absent, build)


def _second_build(trial: _Trial, build: Build) -> Iterator[str]:
    """In another folder, with an empty cache. Runtimes are by content, and fetching them again shows nothing."""
    home = Home(trial.lab.folder / "other-home")
    home.root.mkdir()
    home.runtimes.symlink_to(trial.lab.home.runtimes)
    other = replace(trial, lab=replace(trial.lab, home=home))
    again = other.build(_prepared(other, "two"))
    if again.error is not None:
        yield f"[slug] deterministic: the second build failed:\n{again.transcript}"
    elif not filecmp.cmp(again.slug.path, build.slug.path, shallow=False):
        yield f"[slug] deterministic: {_difference(build, again)}"
    remove_tree(home.root)


def _difference(first: Build, second: Build) -> str:
    try:
        check_same(first.slug, second.slug, source=str(second.app.path))
    except SlugcError as error:
        return f"{error.summary}\n{error.detail}\n{error.hint}"
    return "a second build gave other bytes, though every file and the manifest are the same"
