"""Every folder under fixtures/ is a real app with a promise: its expect.toml (docs/reference/fixtures.md)."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fixture_cases import Case, Http, Rebuild, Run, cases
from loopback import served

from slugc import events, pipeline
from slugc.buildpack import interpreters
from slugc.errors.root import SlugcError
from slugc.host.clock import SystemClock
from slugc.host.home import Home
from slugc.model.build import BuildRequest, BuildResult
from slugc.render import human

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
BOOT_SECONDS = 120.0
TOOLS = Path(sys.executable).parent
SUPPORT = Path(__file__).resolve().parent.parent / "support"


@dataclass
class Trial:
    """One fixture being built: a copy of its app, and what the last build printed."""

    case: Case
    home: Home
    scratch: Path
    seen: list[events.Event] = field(default_factory=list)
    served: Mapping[str, str] = field(default_factory=dict)
    """The config var that names the fixture's own server."""

    def copy(self, name: str) -> Path:
        """A fresh copy of the app in a folder of this name, with its prepare step done."""
        app = self.scratch / name / "app"
        shutil.copytree(self.case.app, app, symlinks=True)
        kept = self.scratch / "prepared"
        if kept.exists():
            shutil.copytree(kept, app, symlinks=True, dirs_exist_ok=True)
            return app
        given = {name: self.placed(text) for name, text in self.case.prepare.env.items()}
        path = f"{TOOLS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        for words in self.case.prepare.commands:
            env = {**os.environ, "PATH": path, **given}
            command = [self.placed(word) for word in words]
            done = subprocess.run(command, cwd=app, env=env, capture_output=True, text=True)
            assert done.returncode == 0, f"prepare step {command} failed:\n{done.stdout}{done.stderr}"
        if self.case.prepare.commands:
            shutil.copytree(app, kept, symlinks=True)
        return app

    def placed(self, text: str) -> str:
        return text.replace("{scratch}", str(self.scratch / "tools")).replace("{support}", str(SUPPORT))

    def build(self, app: Path, config: Mapping[str, str] | None = None, *, rebuild: bool = False) -> BuildResult:
        self.seen = []
        chosen = self.case.build
        request = BuildRequest(
            source=str(app),
            buildpacks=tuple(chosen.buildpacks),
            config={**(chosen.config if config is None else config), **self.served},
            runtime_source=chosen.runtime_source,
            timeout=chosen.timeout,
            rebuild=rebuild,
        )
        return pipeline.build(request, home=self.home, clock=SystemClock(), environ=os.environ, emit=self.seen.append)

    @property
    def transcript(self) -> str:
        return "\n".join(line for event in self.seen for line in human.render(event))


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state folder for all workers: a runtime is fetched once, under its own lock."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "slugc-home"


# One app that works and one that does not for each of the languages that most apps are written in: what runs even where
# the whole round, an hour of builds on two cores, does not.
SMOKE = {"python_flask_pip", "python_error_two_lock_files", "node_basic", "node_error_two_lock_files", "java_basic"}


def marked(case: Case) -> object:
    return pytest.param(case, id=case.name, marks=[pytest.mark.smoke] if case.name in SMOKE else [])


@pytest.fixture(params=[marked(case) for case in cases()])
def trial(request: pytest.FixtureRequest, state: Path, tmp_path: Path) -> Trial:
    case: Case = request.param
    for program in case.needs.programs:
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}, which is not installed here")
    wanted = case.needs.host_python
    if wanted and not any(f"{wanted}." in p.name for p in interpreters.installed(os.environ).get("python", ())):
        pytest.skip(f"needs a Python {wanted} of pyenv or uv on this machine")
    return Trial(case=case, home=Home(state), scratch=tmp_path)


def test_a_fixture_keeps_its_promise(trial: Trial) -> None:
    app = trial.copy("one")
    serve = trial.case.serve
    if serve is None:
        keeps_its_promise(trial, app)
        return
    with served(Path(trial.placed(serve.folder))) as url:
        keeps_its_promise(replace(trial, served={serve.variable: url}), app)


def keeps_its_promise(trial: Trial, app: Path) -> None:
    case = trial.case
    if case.error is not None:
        with pytest.raises(SlugcError) as caught:
            trial.build(app)
        error = caught.value
        shown = f"{trial.transcript}\n{error.summary} ({error.code})\n{error.detail}\n{error.hint}"
        in_order([*case.error.contains, f"({case.error.code})"], shown)
        return
    result = trial.build(app)
    in_order(case.transcript.contains, trial.transcript)
    assert not [text for text in case.transcript.absent if text in trial.transcript], trial.transcript
    check_manifest(case, trial, result)
    for asked in case.run:
        check_run(asked, trial, result)
    for page in case.http:
        check_http(page, trial, result)
    for step in case.rebuild:
        check_rebuild(step, trial, app)
    if case.slug.deterministic:
        other = replace(trial, home=Home(trial.scratch / "other-home"), seen=[])
        (trial.scratch / "other-home").mkdir()
        (trial.scratch / "other-home/runtimes").symlink_to(trial.home.runtimes)
        again = other.build(trial.copy("two"))
        assert digest(again.slug.path) == digest(result.slug.path)


def digest(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def in_order(wanted: Sequence[str], text: str) -> None:
    """Each text stands after the one before it."""
    at = 0
    for each in wanted:
        found = text.find(each, at)
        assert found >= 0, f"{each!r} is missing{' there' if each in text else ''}:\n{text}"
        at = found + len(each)


def check_manifest(case: Case, trial: Trial, result: BuildResult) -> None:
    manifest = result.slug.manifest
    if case.detect is not None:
        assert case.detect.name in [buildpack.name for buildpack in manifest.buildpacks]
    found = {process.name: process.text for process in manifest.process_types}
    assert {name: found.get(name) for name in case.processes} == dict(case.processes)
    languages = {runtime.language for runtime in manifest.runtimes}
    assert set(case.slug.runtimes) <= languages
    assert all(runtime.digest and runtime.uri for runtime in manifest.runtimes)
    assert list(case.slug.addons) == [addon for addon in manifest.addons if addon in case.slug.addons]
    assert str(trial.home.root) not in repr(manifest)


def check_run(asked: Run, trial: Trial, result: BuildResult) -> None:
    options = [word for name, value in asked.env.items() for word in ("-e", f"{name}={value}")]
    done = subprocess.run(
        [sys.executable, "-m", "slugc", "run", *options, str(result.slug.path), "--", *asked.command],
        env={**os.environ, "SLUGC_HOME": str(trial.home.root)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == asked.exit, done.stdout + done.stderr
    assert asked.contains in done.stdout, done.stdout + done.stderr


def check_http(page: Http, trial: Trial, result: BuildResult) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with booted(page, port, trial, result) as dyno:
        status, body = answer(f"http://127.0.0.1:{port}{page.path}", dyno, page.status)
    assert (status, page.contains in body) == (page.status, True), f"{status}\n{body}\n{dyno_log(trial)}"


@contextmanager
def booted(page: Http, port: int, trial: Trial, result: BuildResult) -> Iterator["subprocess.Popen[bytes]"]:
    """The process type as a formation of one, behind the router at `port`."""
    options = [word for name, value in page.env.items() for word in ("-e", f"{name}={value}")]
    started = ["start", str(result.slug.path), "--port", str(port), "-m", f"{page.process}=1", *options]
    argv = [sys.executable, "-m", "slugc", *started]
    with (trial.scratch / "dyno.log").open("wb") as log:
        dyno = subprocess.Popen(
            argv,
            env={**os.environ, "SLUGC_HOME": str(trial.home.root)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield dyno
        finally:
            dyno.terminate()
            try:
                dyno.wait(60)
            except subprocess.TimeoutExpired:
                dyno.kill()
                dyno.wait()


def answer(url: str, dyno: "subprocess.Popen[bytes]", wanted: int) -> tuple[int, str]:
    """Status and body, once somebody listens. The router listens a moment before it knows the first dyno: its 503 is
    an answer only where it is the wanted one, or nothing else comes."""
    until = time.monotonic() + BOOT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as got:
                return got.status, got.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                body = error.read().decode()
            if error.code != 503 or wanted == 503 or time.monotonic() > until or dyno.poll() is not None:
                return error.code, body
            time.sleep(0.1)
        except OSError as error:
            if time.monotonic() > until or dyno.poll() is not None:
                return 0, f"nobody listens: {error}"
            time.sleep(0.1)


def dyno_log(trial: Trial) -> str:
    return (trial.scratch / "dyno.log").read_text(errors="replace")


def check_rebuild(step: Rebuild, trial: Trial, app: Path) -> None:
    for name, text in step.files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    trial.build(app, step.config, rebuild=not step.files and step.config is None)
    in_order(step.contains, trial.transcript)
    assert not [text for text in step.absent if text in trial.transcript], trial.transcript
