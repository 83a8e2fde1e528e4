"""The outer shell of bin/detect, bin/compile, bin/release and bin/report: arguments in, exit status out."""

import contextlib
import errno
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from slugc_buildpack import transcript
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem

Detection = str | list[str]
"""A name (passes), or the reasons why not."""


def detect(decide: Callable[[Path], Detection]) -> NoReturn:
    """bin/detect BUILD_DIR: prints the name and exits 0, or says why not on stderr and exits 1."""
    found = decide(Path(sys.argv[1]))
    if isinstance(found, str):
        print(found)
        sys.exit(0)
    print("\n".join(found), file=sys.stderr)
    sys.exit(1)


def compile_app(language: str, work: Callable[[Build], dict[str, Any]]) -> NoReturn:
    """bin/compile BUILD_DIR CACHE_DIR ENV_DIR. What `work` returns is kept for bin/report.

    A Problem is printed and ends it with 1; any other exception is the buildpack's own fault and says so.
    Facts are written after success only: a failed build has nothing to pack.
    """
    build = Build.from_arguments(sys.argv[1:], os.environ)
    try:
        data = work(build)
    except Problem as problem:
        transcript.fail(problem)
        _keep_report(build, language, {"failure": problem.code, "failure_detail": problem.headline})
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the last door: a traceback alone tells a user nothing
        unforeseen = _unforeseen(language, error)
        transcript.fail(unforeseen)
        _keep_report(build, language, {"failure": unforeseen.code})
        sys.exit(1)
    _keep_report(build, language, data)
    target = os.environ.get("SLUGC_FACTS")
    if target:
        build.facts.write(Path(target), reads=build.config.reads)
    sys.exit(0)


def _unforeseen(language: str, error: Exception) -> Problem:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(
            "The disk is full",
            code=f"{language}.disk-full",
            evidence=str(error),
            next_step="Make room where slugc keeps its files (SLUGC_HOME), then build again.",
        )
    return Problem(
        f"The {language} buildpack failed in a way nobody foresaw",
        code=f"{language}.internal",
        evidence="".join(traceback.format_exception(error)),
        next_step="Build again. If it happens twice, report these lines: it is a fault of the buildpack.",
    )


def release(decide: Callable[[Path], dict[str, Any]]) -> NoReturn:
    """bin/release BUILD_DIR: the mapping as YAML. JSON is YAML, and the standard library writes it safely."""
    print("---\n" + json.dumps(decide(Path(sys.argv[1])), indent=2))
    sys.exit(0)


def report(language: str) -> NoReturn:
    """bin/report BUILD_DIR CACHE_DIR ENV_DIR: what the last compile kept, as one line of JSON."""
    kept = _report_path(Path(sys.argv[2]), language)
    print(kept.read_text(encoding="utf-8").strip() if kept.is_file() else "{}")
    sys.exit(0)


def _report_path(cache: Path, language: str) -> Path:
    return cache / "build-data" / f"{language}.json"


def _keep_report(build: Build, language: str, data: dict[str, Any]) -> None:
    path = _report_path(build.cache, language)
    with contextlib.suppress(OSError):  # a full disk has been reported already, or soon will be
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, sort_keys=True) + "\n", encoding="utf-8")
