"""A buildpack of the classic API in one build: bin/detect, bin/compile, bin/release, bin/report."""

import contextlib
import os
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slugc.buildpack import bench, facts, identity
from slugc.buildpack.bench import Bench
from slugc.buildpack.contract import Compiled, Exports, Job, Verdict, Workshop
from slugc.buildpack.starting import unstartable
from slugc.errors.compile import BuildpackFailed, BuildpackTimedOut, BuildpackUnstartable, ReleaseUnreadable
from slugc.events import Emit, Warned
from slugc.formats import exports as exports_format
from slugc.formats import release_yaml, transcript
from slugc.formats.release_yaml import ReleaseYaml
from slugc.host import inside, trees
from slugc.host.processes import Completed
from slugc.model.buildpack import Buildpack
from slugc.render.human import plain

DETECT_SECONDS = 60.0
REPORT_SECONDS = 60.0
TAIL = 20
NAME_LENGTH = 100
"""Of what bin/detect prints: a heading of the transcript, and in every manifest."""
# `export` runs in a bash of its own, and only its environment comes back: slugc never evaluates shell text.
SOURCE_EXPORT = 'out=$2; source "$1"; /usr/bin/env -0 > "$out"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Classic:
    buildpack: Buildpack

    def detect(self, shop: Workshop) -> Verdict:
        table = self._bench(shop)
        job = self._job(table, Exports(), "detect", (table.build_dir,), DETECT_SECONDS, throw_away=True)
        done, out, err = _collected(shop, job)
        problem = None
        if done.timed_out:
            problem = f"no answer within {DETECT_SECONDS:g} seconds"
        else:
            problem = self._unstartable(table, "bin/detect", done, err)
        name = next((shown for line in out if (shown := plain(line).strip())), "")[:NAME_LENGTH]
        return Verdict(code=done.status, name=name, stderr="\n".join(err), seconds=done.seconds, problem=problem)

    def compile(self, shop: Workshop, exports: Exports, *, emit: Emit) -> Compiled:
        table = self._bench(shop)
        write_env_dir(shop.scratch / "env", shop.config)
        for stale in ("facts.json", "env"):
            (table.out / stale).unlink(missing_ok=True)
        tail: deque[str] = deque(maxlen=TAIL)

        def on_line(text: str, stream: str) -> None:
            if text.strip():
                tail.append(text)
            emit(transcript.event(text, buildpack=self.buildpack.id, stream=stream))

        words = (table.build_dir, bench.CACHE_DIR, bench.ENV_DIR)
        done = shop.run(self._job(table, exports, "compile", words, shop.timeout), on_line)
        self._check(table, done, "bin/compile", shop.timeout, tail)
        found = facts.read(table.out)
        prefixes = exports.prefixes
        if table.build_dir == bench.APP:
            prefixes = tuple(dict.fromkeys((*prefixes, *found.layers)))
        env = self._exported(table, exports, emit)
        return Compiled(exports=Exports(env=env, prefixes=prefixes), facts=found)

    def release(self, shop: Workshop, *, emit: Emit) -> ReleaseYaml | None:
        table = self._bench(shop)
        if not inside.exists(table.copy, "bin/release"):
            return None
        done, out, err = _collected(shop, self._job(table, Exports(), "release", (table.build_dir,), shop.timeout))
        self._check(table, done, "bin/release", shop.timeout, err or out)
        for line in err:
            emit(transcript.event(line, buildpack=self.buildpack.id, stream="stderr"))
        text = "\n".join(out)
        try:
            return release_yaml.parse(text)
        except release_yaml.ReleaseYamlProblem as error:
            shown = out[error.line - 1] if 0 < error.line <= len(out) else "\n".join(out[:5])
            raise ReleaseUnreadable(
                buildpack=self.buildpack.id, line=error.line, reason=error.message, text=shown[:500]
            ) from error

    def report(self, shop: Workshop) -> None:
        table = self._bench(shop)
        if inside.exists(table.copy, "bin/report"):
            words = (table.build_dir, bench.CACHE_DIR, bench.ENV_DIR)
            with contextlib.suppress(OSError):
                _collected(shop, self._job(table, Exports(), "report", words, REPORT_SECONDS))

    def _bench(self, shop: Workshop) -> Bench:
        copy = shop.scratch / "packs" / self.buildpack.digest[:40]
        if not copy.exists():
            trees.copy(self.buildpack.root, copy)
            _repair(copy)
        build_dir = bench.BUILD_DIR
        if self.buildpack.builtin:
            build_dir = bench.build_dir_of(identity.descriptor(copy, self.buildpack.reference))
        return Bench(buildpack=self.buildpack, copy=copy, shop=shop, build_dir=build_dir)

    def _job(
        self,
        table: Bench,
        exports: Exports,
        script: str,
        words: tuple[str, ...],
        timeout: float,
        *,
        throw_away: bool = False,
    ) -> Job:
        return Job(
            argv=(f"{table.root}/bin/{script}", *words),
            cwd=table.build_dir,
            env=table.environment(exports),
            mounts=table.mounts(exports, throw_away=throw_away),
            timeout=timeout,
        )

    def _check(
        self, table: Bench, done: Completed, script: str, seconds: float, tail: "deque[str] | list[str]"
    ) -> None:
        lines = list(tail)[-TAIL:]
        if done.timed_out:
            raise BuildpackTimedOut(buildpack=self.buildpack.id, seconds=seconds, tail=lines, script=script)
        if done.status == 0:
            return
        reason = self._unstartable(table, script, done, lines)
        if reason is not None:
            raise BuildpackUnstartable(buildpack=self.buildpack.id, script=script, reason=reason)
        raise BuildpackFailed(buildpack=self.buildpack.id, status=done.status, tail=lines, script=script)

    def _unstartable(self, table: Bench, script: str, done: Completed, lines: Sequence[str]) -> str | None:
        first = inside.read(table.copy, script, limit=256)
        return unstartable(first, script, status=done.status, said=lines[-1] if lines else "")

    def _exported(self, table: Bench, exports: Exports, emit: Emit) -> dict[str, str]:
        """The environment for the buildpacks after this one."""
        if not inside.exists(table.copy, "export"):
            return dict(exports.env)
        before = table.environment(exports)
        out = f"{bench.OUT}/env"
        job = Job(
            argv=("/bin/bash", "--noprofile", "--norc", "-c", SOURCE_EXPORT, "bash", f"{table.root}/export", out),
            cwd=table.build_dir,
            env=before,
            mounts=table.mounts(exports),
            timeout=DETECT_SECONDS,
        )
        done = table.shop.run(
            job, lambda text, stream: emit(transcript.event(text, buildpack=self.buildpack.id, stream=stream))
        )
        data = inside.read(table.out, "env", limit=4 << 20)
        if done.status != 0 or data is None:
            emit(
                Warned(
                    text=f"The export script of {self.buildpack.id} ended with {done.status}; what it sets is lost",
                    hint="Buildpacks after it see the environment from before.",
                    buildpack=self.buildpack.id,
                )
            )
            return dict(exports.env)
        seen = {name: table.shop.outside(job, value) for name, value in before.items()}
        own = frozenset(name for name in before if name.startswith("SLUGC_"))
        changed = exports_format.changed(seen, exports_format.parse(data), keep=bench.FIXED | own)
        return {**exports.env, **changed}


def write_env_dir(folder: Path, config: Mapping[str, str]) -> None:
    """One file per config var, holding exactly its bytes, for this user alone. Names must be checked before: one that
    leads to another folder is refused (ValueError)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, value in config.items():
        if "/" in name:
            message = f"{name!r} is no file's name"
            raise ValueError(message)
        fd = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(value.encode("utf-8", "surrogateescape"))


def _repair(copy: Path) -> None:
    """Give the scripts their run bits: archives and file systems lose them."""
    folder = copy / "bin"
    if inside.real_folder(copy, "bin"):
        for script in folder.iterdir():
            if script.is_file() and not script.is_symlink():
                script.chmod(0o755)


def _collected(shop: Workshop, job: Job) -> tuple[Completed, list[str], list[str]]:
    """Run a script whose output is read rather than shown; at most 10,000 lines a stream are kept."""
    kept: dict[str, list[str]] = {"stdout": [], "stderr": []}

    def keep(text: str, stream: str) -> None:
        if len(kept[stream]) < 10_000:
            kept[stream].append(text)

    done = shop.run(job, keep)
    return done, kept["stdout"], kept["stderr"]
