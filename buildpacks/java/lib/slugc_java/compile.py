"""A Java app, compiled: read this page from top to bottom."""

from pathlib import Path
from typing import Any

from slugc_buildpack import transcript
from slugc_buildpack.build import Build
from slugc_java import checks, gradle, maven, processes
from slugc_jvm import profile, runtime, tooling

_ROOT = Path(__file__).resolve().parents[2]


def compile_app(build: Build) -> dict[str, Any]:
    builder = checks.builder(build.app)
    runtime.refuse_committed(build.app, language="java")
    (checks.maven if builder == "maven" else checks.gradle)(build.app)
    java = runtime.install(build)
    bench = tooling.ready(java, build)
    version = (maven.package if builder == "maven" else gradle.package)(bench, build)
    profile.write(build)
    profile.write_export(build, _ROOT)
    if not (build.app / "Procfile").is_file():
        _say_what_runs(build.app)
    return {"java_version": java.version, "java_source": java.source, "builder": builder, f"{builder}_version": version}


def _say_what_runs(app: Path) -> None:
    found = processes.executable(app)
    if processes.web(app):
        return
    if found:
        transcript.warn(
            "Several jars can be started: " + ", ".join(str(path.relative_to(app)) for path in found) + "\n"
            f"Name one in a Procfile: web: java $JAVA_OPTS -jar {found[0].relative_to(app)}"
        )
    else:
        transcript.warn(
            "The build made no jar that can be started, and there is no Procfile\n"
            "Give the jar a Main-Class (a plugin of the build tool does that), or write a Procfile:\n"
            "web: java $JAVA_OPTS -cp target/classes:target/dependency/* com.example.Main"
        )
