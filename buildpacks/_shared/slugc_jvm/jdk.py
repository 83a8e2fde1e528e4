"""A JDK for the build: javac, jlink, and the raw material of the runtime. It never lies in the slug itself."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from slugc_buildpack import children, trees
from slugc_buildpack.build import Build
from slugc_buildpack.runtimes.apt import AptSource
from slugc_buildpack.runtimes.archives import make_links_relative
from slugc_buildpack.runtimes.contract import Artifact, Recipe, Unavailable
from slugc_buildpack.runtimes.host import HostSource, Installation, mounted
from slugc_buildpack.runtimes.mirror import MirrorSource
from slugc_jvm import trust

STORE = "lib/security/cacerts"
_LEFT_OUT = ("demo", "sample", "man", "docs", "src.zip", "lib/src.zip")


def _packages(series: str, build: Build) -> tuple[str, ...]:
    del build
    return (f"openjdk-{series}-jdk-headless", f"openjdk-{series}-jre-headless")


def _lay_out_debian(root: Path, tree: Path, version: str, build: Build) -> None:
    """Debian keeps a JDK's settings in /etc and links to them: here every link becomes what it points to."""
    del version, build
    make_links_relative(root)
    for source in sorted(root.glob("usr/lib/jvm/java-*-openjdk-*")):
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, tree, dirs_exist_ok=True)


def _installations(build: Build) -> Iterator[Installation]:
    yield from mounted("java", build)
    for prefix in sorted(Path("/usr/lib/jvm").glob("*")):
        if prefix.is_symlink() or not (prefix / "bin/javac").is_file():
            continue
        version = _version_of(prefix, build)
        if version:
            yield Installation(version=version, prefix=prefix)


def _version_of(prefix: Path, build: Build) -> str | None:
    release = prefix / "release"
    if release.is_file():
        match = re.search(r'^JAVA_VERSION="([\d.]+)', release.read_text(errors="replace"), re.MULTILINE)
        if match:
            return match[1]
    done = children.capture((str(prefix / "bin/javac"), "-version"), env=build.child_env(), timeout=60)
    match = re.search(r"javac ([\d.]+)", done.out + done.err)
    return match[1] if done.status == 0 and match else None


def _copy_installation(prefix: Path, tree: Path, version: str, build: Build) -> None:
    del version, build

    def skip(folder: str, names: list[str]) -> list[str]:
        # A link out of the JDK to nothing, or to a CA store of this machine.
        return [name for name in names if not Path(folder, name).exists() or name == "cacerts"]

    shutil.copytree(prefix, tree, dirs_exist_ok=True, ignore=skip)


def _shape(tree: Path, artifact: Artifact, build: Build) -> None:
    del build
    if (tree / "jmods").is_dir():
        # Without them jlink copies the JDK's own files, and wants to find every one as it was installed.
        for name in _LEFT_OUT:
            trees.remove(tree / name)
    if not (tree / "bin/javac").is_file():
        raise Unavailable(f"its {artifact.version} has no javac: a JDK is needed, not a runtime")
    if artifact.source == "host":
        # Who installed a JDK by hand may have added to its store; a distribution's is a link to the machine's.
        trees.remove(tree / STORE)
    if not (tree / STORE).is_file():
        trust.write(tree / STORE, trust.mozilla())


RECIPE = Recipe(
    language="java",
    title="OpenJDK",
    sources=(
        MirrorSource(language="java"),
        AptSource(language="java", pattern=r"openjdk-(\d+)-jdk-headless", packages=_packages, layout=_lay_out_debian),
        HostSource(language="java", installations=_installations, layout=_copy_installation),
    ),
    shape=_shape,
    smoke=(("bin/javac", "-version"),),
    keep_ca_store=True,
    intact=True,
    # Windows, sound and fonts: a server has none of the libraries, and the runtime leaves out what needs them.
    ignore_unmet=lambda sentence: " needs lib" in sentence,
    revision="2",
)
