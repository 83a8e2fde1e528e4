"""bin/release: how the app is started where its Procfile does not say: by the one jar that can be started."""

import re
import shlex
import zipfile
from pathlib import Path
from typing import Any

_OUTPUTS = ("target", "build/libs", "*/target", "*/build/libs")
_NOT_APPS = re.compile(r"(?:^original-|-(?:sources|javadoc|tests|test-sources|plain)\.jar$)")
_QUARKUS = ("target/quarkus-app/quarkus-run.jar", "build/quarkus-app/quarkus-run.jar")


def release(app: Path) -> dict[str, Any]:
    command = web(app)
    document: dict[str, Any] = {"default_process_types": {"web": command} if command else {}}
    if _wants_postgresql(app):
        document["addons"] = ["heroku-postgresql"]
    return document


def web(app: Path) -> str | None:
    """None where nothing, or more than one thing, can be started."""
    for name in _QUARKUS:
        if (app / name).is_file():
            return f"java -Dquarkus.http.port=$PORT $JAVA_OPTS -jar {name}"
    found = executable(app)
    if len(found) != 1:
        return None
    path = shlex.quote(str(found[0].relative_to(app)))
    entries = manifest(found[0])
    if "Spring-Boot-Version" in entries or entries["Main-Class"].startswith("org.springframework.boot.loader"):
        return f"java -Dserver.port=$PORT $JAVA_OPTS -jar {path}"
    if found[0].name.endswith("-runner.jar"):
        return f"java -Dquarkus.http.port=$PORT $JAVA_OPTS -jar {path}"
    if "io.micronaut" in _declared(app):
        return f"java -Dmicronaut.server.port=$PORT $JAVA_OPTS -jar {path}"
    return f"java $JAVA_OPTS -jar {path}"


def executable(app: Path) -> list[Path]:
    """Jars and wars with a Main-Class, in the root's output folder, else in those of its modules."""
    for pattern in _OUTPUTS:
        jars = [path for folder in sorted(app.glob(pattern)) for path in sorted(folder.glob("*.[jw]ar"))]
        found = [path for path in jars if not _NOT_APPS.search(path.name) and "Main-Class" in manifest(path)]
        if found:
            return found
    return []


def manifest(jar: Path) -> dict[str, str]:
    """The main attributes; empty for what is no jar, or has no manifest."""
    try:
        with zipfile.ZipFile(jar) as opened:
            text = opened.read("META-INF/MANIFEST.MF").decode("utf-8", "replace")
    except (zipfile.BadZipFile, KeyError, OSError):
        return {}
    main = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    joined = re.sub(r"\r?\n ", "", main)  # lines of more than 72 bytes go on after a space
    return {name: value.strip() for name, _, value in (line.partition(":") for line in joined.splitlines())}


def _wants_postgresql(app: Path) -> bool:
    return re.search(r"<artifactId>\s*postgresql\s*<|org\.postgresql:postgresql", _declared(app)) is not None


def _declared(app: Path) -> str:
    files = [app / name for name in ("pom.xml", "build.gradle", "build.gradle.kts")]
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files if path.is_file())
