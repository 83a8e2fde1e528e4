"""How the build's own JVMs are started: their trust, their way through a proxy, and a home that is not the app."""

import os
import re
import tempfile
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack.build import Build
from slugc_jvm import trust
from slugc_jvm.runtime import Java

SHORT_LIVED = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""The optimising compiler would use half of the processors' time for code that never runs again. A build of many
minutes may want it back: what the user's own options say later wins."""

_COLLECTOR = re.compile(r"-XX:\+Use\w+GC")


def tuned(ours: Iterable[str], theirs: Sequence[str]) -> list[str]:
    """Our options, then the user's, of which the last counts; but a JVM refuses two garbage collectors."""
    chosen = any(_COLLECTOR.fullmatch(option) for option in theirs)
    return [*(option for option in ours if not (chosen and _COLLECTOR.fullmatch(option))), *theirs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One build's place for Maven, Leiningen and sbt."""

    java: Java
    scratch: Path
    """Gone after the build; repositories of jars are unpacked here."""
    options: tuple[str, ...]
    """For every JVM that loads things from the network."""

    @property
    def program(self) -> str:
        return str(self.java.home / "bin/java")

    def env(self, build: Build, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Config vars too: the app's own build runs under them, as on the reference platform."""
        path = f"{self.java.home / 'bin'}{os.pathsep}{build.environ.get('PATH', os.defpath)}"
        given = build.config.for_child(build.child_env())
        # Options for the dyno's JVM would run in the compiler's, and print a line that hides others.
        kept = {name: value for name, value in given.items() if name not in {"JAVA_OPTS", "JAVA_TOOL_OPTIONS"}}
        return {**kept, "PATH": path, "JAVA_HOME": str(self.java.home), **(extra or {})}


def ready(java: Java, build: Build) -> Bench:
    scratch = Path(tempfile.gettempdir(), "slugc-jvm")
    (scratch / "home").mkdir(parents=True, exist_ok=True)
    options = [f"-Duser.home={scratch / 'home'}", *proxies(build.environ)]
    store = scratch / "trust.jks"
    if trust.write(store, trust.of_build(build.environ)):
        options += [
            f"-Djavax.net.ssl.trustStore={store}",
            f"-Djavax.net.ssl.trustStorePassword={trust.PASSWORD}",
            "-Djavax.net.ssl.trustStoreType=JKS",
        ]
    # jar times follow the local zone: DOS times know none.
    options += ["-Duser.timezone=UTC", "-Dfile.encoding=UTF-8"]
    return Bench(java=java, scratch=scratch, options=tuple(options))


def proxies(environ: Mapping[str, str]) -> list[str]:
    """http_proxy and its kin as Java's system properties; pure."""
    found = []
    for scheme in ("http", "https"):
        text = environ.get(f"{scheme}_proxy") or environ.get(f"{scheme.upper()}_PROXY") or ""
        parts = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
        if text and parts.hostname:
            found += [f"-D{scheme}.proxyHost={parts.hostname}", f"-D{scheme}.proxyPort={parts.port or 80}"]
    without = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    names = [name.strip() for name in without.split(",") if name.strip()]
    if found and names:
        patterns = "|".join(f"*{name}" if name.startswith(".") else name for name in names)
        found.append(f"-Dhttp.nonProxyHosts={patterns}")
    return found
