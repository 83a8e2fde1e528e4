"""The outer shell of bin/detect, bin/compile, bin/release and bin/report: arguments in, exit status out."""

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
    except Exception:  # noqa: BLE001 - the last door: a traceback alone tells a user nothing
        transcript.fail(
            Problem(
                f"The {language} buildpack failed in a way nobody foresaw",
                code=f"{language}.internal",
                evidence=traceback.format_exc(),
                next_step="Build again. If it happens twice, report these lines: it is a fault of the buildpack.",
            )
        )
        _keep_report(build, language, {"failure": f"{language}.internal"})
        sys.exit(1)
    _keep_report(build, language, data)
    target = os.environ.get("SLUGC_FACTS")
    if target:
        build.facts.write(Path(target), reads=build.config.reads)
    sys.exit(0)


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
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, sort_keys=True) + "\n", encoding="utf-8")
