"""A Scala app, compiled: read this page from top to bottom."""

from pathlib import Path
from typing import Any

from slugc_buildpack import transcript
from slugc_buildpack.build import Build
from slugc_jvm import profile, runtime, tooling
from slugc_scala import checks, processes, sbt

_ROOT = Path(__file__).resolve().parents[2]


def compile_app(build: Build) -> dict[str, Any]:
    version = checks.sbt_version(build.app)
    runtime.refuse_committed(build.app, language="scala")
    java = runtime.install(build)
    bench = tooling.ready(java, build)
    sbt.stage(version, bench, build)
    profile.write(build)
    profile.write_export(build, _ROOT)
    if not (build.app / "Procfile").is_file() and processes.web(build.app) is None:
        scripts = [str(path.relative_to(build.app)) for path in processes.scripts(build.app)]
        transcript.warn(
            ("Several scripts were staged: " + ", ".join(scripts) if scripts else "No script was staged")
            + ", and there is no Procfile\nName what web runs in a Procfile: web: target/universal/stage/bin/NAME"
        )
    return {"java_version": java.version, "java_source": java.source, "sbt_version": version}
