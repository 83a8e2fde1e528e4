"""The runtime in the slug: .jdk, linked by jlink from the JDK, with the modules that server apps need."""

import functools
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from slugc_buildpack import children, elf, facts, transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_buildpack.runtimes import install as runtimes
from slugc_buildpack.runtimes import store
from slugc_buildpack.runtimes.contract import Installed
from slugc_jvm import jdk, requested
from slugc_jvm.requested import Request

TARGET = ".jdk"
REVISION = "1"

# Fixed, never trimmed by jdeps: it sees neither jars in jars nor reflection, and an app that lacks a module fails
# weeks later. 83 MB, 27 compressed; java.base alone has 44 and 15.
MODULES = (
    *("java.se", "jdk.unsupported", "jdk.crypto.ec", "jdk.crypto.cryptoki", "jdk.zipfs", "jdk.management"),
    *("jdk.management.agent", "jdk.localedata", "jdk.naming.dns", "jdk.charsets", "jdk.httpserver", "jdk.jfr"),
    *("jdk.net", "jdk.security.auth", "jdk.xml.dom", "jdk.jcmd", "jdk.jdwp.agent", "jdk.dynalink"),
)
# A dyno has no screen and no loudspeaker: these want X11 and ALSA.
_DISPLAY = frozenset({"libawt_xawt.so", "libsplashscreen.so", "libjawt.so", "libjsound.so"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Java:
    """The JDK of the build and the runtime of the slug."""

    version: str
    source: str
    home: Path
    """Of the JDK, in the shared store."""
    key: str
    """Names the runtime's tree: for cache keys."""

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])


def refuse_committed(app: Path, *, language: str) -> None:
    """Raises Problem for a runtime in the source: it would be overwritten."""
    if (app / TARGET).exists():
        raise Problem(
            "The source holds a folder that this buildpack makes itself",
            code=f"{language}.committed-runtime",
            file=TARGET,
            next_step=f"Remove it from the repository: git rm -r --cached {TARGET}\nand add it to .gitignore.",
        )


def install(build: Build) -> Java:
    """The version that the app asks for, its runtime at .jdk. Raises Problem."""
    note = build.cache / "jvm" / "runtime.json"
    request = requested.java(build.app, last=_last(note))
    _say(request)
    installed = runtimes.obtain(jdk.RECIPE, request.spec, build, wanted_by=request.origin)
    modules = (*MODULES, *build.config.get("JAVA_MODULES").replace(",", " ").split())
    locales = build.config.get("JAVA_LOCALES") or "en"
    key = store.key_of(installed.key, *modules, locales, REVISION)
    make = functools.partial(_link, installed, modules, locales, build)
    tree, _ = store.obtain(build.runtimes, "java-runtime", key, make)
    transcript.step(f"Installing the runtime of OpenJDK {installed.version}")
    trees.remove(build.app / TARGET)
    trees.copy(tree, build.app / TARGET)
    runtimes.note(jdk.RECIPE, installed, build, TARGET)
    build.facts.layers[TARGET] = facts.RUNTIME
    note.parent.mkdir(parents=True, exist_ok=True)
    found = Java(version=installed.version, source=installed.source, home=installed.tree, key=key)
    note.write_text(json.dumps({**asdict(found), "home": ""}, sort_keys=True), encoding="utf-8")
    return found


def _say(request: Request) -> None:
    if request.origin:
        transcript.step(f"Using Java {request.spec.text} specified in {request.origin}")
    elif request.sticky:
        transcript.step(f"No Java version was specified. Using the series of the last build: {request.spec.text}")
    else:
        transcript.step(f"No Java version was specified. Using {request.spec.text}")
    if request.origin is None:
        transcript.detail(f"To pin it, write {requested.KEY}=17 (for example) to {requested.FILE}.")


def _last(note: Path) -> str | None:
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _link(installed: Installed, modules: tuple[str, ...], locales: str, build: Build, tree: Path) -> str:
    transcript.step(f"Linking a runtime from OpenJDK {installed.version}")
    home = installed.tree
    if not (home / "bin/jlink").is_file():  # Java 8: its runtime is a folder of its own
        trees.remove(tree)
        trees.copy(home / "jre" if (home / "jre").is_dir() else home, tree)
    else:
        _run_jlink(home, tree, modules, locales, build)
    _leave_out_desktop(tree, build)
    done = children.capture((str(tree / "bin/java"), "-version"), env=build.child_env(), timeout=120)
    if done.status:
        raise Problem(
            f"The runtime of OpenJDK {installed.version} does not start on this stack",
            code="java.runtime-unfit",
            evidence=(done.err or done.out).strip(),
            next_step="Ask for another version in system.properties, or build on another stack.",
        )
    return installed.digest


def _run_jlink(home: Path, tree: Path, modules: tuple[str, ...], locales: str, build: Build) -> None:
    offered = _offered(home, build)
    unknown = [name for name in modules if name not in offered and name not in MODULES]
    if unknown:
        raise Problem(
            f"This JDK has no module {unknown[0]}",
            code="java.unknown-module",
            evidence=f"JAVA_MODULES={build.config.get('JAVA_MODULES')}",
            next_step="Correct the config var. `java --list-modules` prints the names.",
        )
    tree.rmdir()  # jlink makes it, and refuses one that is there
    level = "zip-0" if _major(home, build) >= 21 else "0"
    argv = [
        *(str(home / "bin/jlink"), "--add-modules", ",".join(name for name in modules if name in offered)),
        *("--no-man-pages", "--no-header-files", "--strip-java-debug-attributes", f"--compress={level}"),
        *(f"--include-locales={locales}", "--output", str(tree)),
    ]
    if (home / "jmods").is_dir():
        argv += ["--module-path", str(home / "jmods")]
    try:
        children.run(argv, env=build.child_env({"JAVA_HOME": str(home)}), quiet=True)
    except children.ChildFailed as failed:
        raise Problem(
            "The Java runtime could not be linked",
            code="java.jlink-failed",
            evidence="\n".join(failed.tail),
            next_step="Check the config vars JAVA_MODULES and JAVA_LOCALES, or set SLUGC_RUNTIME_SOURCE to take the "
            "JDK from another source.",
        ) from failed
    if (home / jdk.STORE).is_file() and not (home / "jmods/java.base.jmod").is_file():
        (tree / jdk.STORE).write_bytes((home / jdk.STORE).read_bytes())


def _offered(home: Path, build: Build) -> set[str]:
    if (home / "jmods").is_dir():
        return {path.stem for path in (home / "jmods").glob("*.jmod")}
    done = children.capture((str(home / "bin/java"), "--list-modules"), env=build.child_env(), timeout=120)
    return {line.partition("@")[0].strip() for line in done.out.splitlines()}


def _major(home: Path, build: Build) -> int:
    done = children.capture((str(home / "bin/javac"), "-version"), env=build.child_env(), timeout=120)
    match = re.search(r"javac (\d+)", done.out + done.err)
    return int(match[1]) if match else 0


def _leave_out_desktop(tree: Path, build: Build) -> None:
    """Libraries of windows, sound, fonts and images which this stack cannot load."""
    folders = elf.stack_folders(build.stack.multiarch)
    own = {path.name for path in trees.walk(tree) if ".so" in path.name}
    for path in [path for path in trees.walk(tree) if path.suffix == ".so"]:
        found = elf.needs(path)
        lacking = found and [
            name
            for name in found.libraries
            if name not in own and not any((folder / name).exists() for folder in folders)
        ]
        if path.name in _DISPLAY or lacking:
            path.unlink()
