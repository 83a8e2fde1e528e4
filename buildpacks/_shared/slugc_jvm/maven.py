"""Maven: the build tool of Java apps, and the way by which every other tool comes out of Maven's own repository.

No address of a repository stands here: Maven knows its central one, and MAVEN_MIRROR_URL names another.
"""

import functools
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from slugc_buildpack import children, transcript, trees
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_buildpack.runtimes import archives, store
from slugc_buildpack.runtimes.apt import Apt
from slugc_buildpack.runtimes.contract import Unavailable
from slugc_jvm import tooling
from slugc_jvm.tooling import Bench

VERSION = "3.9.9"
REVISION = "1"
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_OF_MAVEN = re.compile(r"maven|lib.+-java")


def program(version: str, bench: Bench, build: Build) -> Path:
    """bin/mvn of a distribution, from the repository, by the Maven of the stack. Raises Problem."""
    key = store.key_of("maven", version, REVISION)
    make = functools.partial(_distribution, version, bench, build)
    return store.obtain(build.runtimes, "maven", key, make)[0] / "bin/mvn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Jars of a build tool."""

    name: str
    wanted: tuple[str, ...]
    """`group:artifact:version` each."""
    transitive: bool
    """With everything they need."""


def jars(tool: Tool, bench: Bench, build: Build) -> list[Path]:
    """The tool's jars, fetched once and kept for all apps. Raises Problem."""
    key = store.key_of("jars", *tool.wanted, str(tool.transitive), REVISION)
    make = functools.partial(_copy_jars, tool, bench, build)
    return sorted(store.obtain(build.runtimes, tool.name, key, make)[0].glob("*.jar"))


def settings(bench: Bench, build: Build) -> list[str]:
    """Arguments that every Maven of a build gets: a mirror where the user names one, and the way through a proxy."""
    offline = ["--offline"] if build.offline else []
    text = _settings(mirror(build), tooling.proxies(build.environ))
    if not text:
        return offline
    path = bench.scratch / "global-settings.xml"
    path.write_text(text, encoding="utf-8")
    return [*offline, "--global-settings", str(path)]


def mirror(build: Build) -> str:
    """The address that stands for Maven's central repository; empty where nobody names one."""
    return build.config.get("MAVEN_MIRROR_URL") or build.environ.get("MAVEN_MIRROR_URL", "")


def _settings(mirror: str, proxies: Sequence[str]) -> str:
    """settings.xml, or nothing where nothing is to be said; pure. Maven does not read Java's own properties."""
    said = dict(option.removeprefix("-D").split("=", 1) for option in proxies)
    parts = []
    if mirror:
        parts.append(
            f"<mirrors><mirror><id>slugc-mirror</id><mirrorOf>central</mirrorOf><url>{escape(mirror)}</url></mirror></mirrors>"
        )
    ways = [
        f"<proxy><id>{scheme}</id><protocol>{scheme}</protocol><host>{escape(said[f'{scheme}.proxyHost'])}</host>"
        f"<port>{said[f'{scheme}.proxyPort']}</port>"
        f"<nonProxyHosts>{escape(said.get('http.nonProxyHosts', ''))}</nonProxyHosts></proxy>"
        for scheme in ("http", "https")
        if f"{scheme}.proxyHost" in said
    ]
    if ways:
        parts.append(f"<proxies>{''.join(ways)}</proxies>")
    return f"<settings>{''.join(parts)}</settings>\n" if parts else ""


def environment(bench: Bench, build: Build) -> dict[str, str]:
    options = [*bench.options, *tooling.tuned(tooling.SHORT_LIVED, build.config.get("MAVEN_OPTS").split())]
    return bench.env(build, {"MAVEN_OPTS": " ".join(options), "MAVEN_SKIP_RC": "1", "MAVEN_CONFIG": ""})


def _distribution(version: str, bench: Bench, build: Build, tree: Path) -> str:
    transcript.detail(f"Fetching Maven {version}")
    with tempfile.TemporaryDirectory() as folder:
        artifact = f"-Dartifact=org.apache.maven:apache-maven:{version}:tar.gz:bin"
        try:
            _ask((f"{_PLUGIN}:copy", artifact, f"-DoutputDirectory={folder}"), Path(folder), bench, build)
        except children.ChildFailed as failed:
            raise Problem(
                f"Maven {version} could not be fetched",
                code="java.maven-unavailable",
                file="system.properties" if version != VERSION else None,
                evidence="\n".join(_errors(failed.tail)) or f"maven.version={version}",
                next_step="Ask for a published version with maven.version in system.properties,\n"
                "and check that this machine reaches Maven's repository (MAVEN_MIRROR_URL names another).",
            ) from failed
        archive = next(Path(folder).glob("*.tar.gz"))
        archives.unpack_tar(archive, tree, strip=1)
        return f"sha256:{trees.file_digest(archive)}"


def _copy_jars(tool: Tool, bench: Bench, build: Build, tree: Path) -> str:
    transcript.detail(f"Fetching {tool.name} ({', '.join(tool.wanted)})")
    with tempfile.TemporaryDirectory() as folder:
        pom = Path(folder, "pom.xml")
        pom.write_text(_pom(tool.wanted), encoding="utf-8")
        how = (f"-DoutputDirectory={tree}", f"-DexcludeTransitive={str(not tool.transitive).lower()}")
        try:
            _ask(("-f", str(pom), f"{_PLUGIN}:copy-dependencies", *how), Path(folder), bench, build)
        except children.ChildFailed as failed:
            raise Problem(
                f"{tool.name} could not be fetched",
                code="jvm.tool-unavailable",
                evidence="\n".join(_errors(failed.tail)) or ", ".join(tool.wanted),
                next_step="Check the version that the app asks for, and that this machine reaches Maven's repository\n"
                "(MAVEN_MIRROR_URL names another).",
            ) from failed
    return f"sha256:{trees.digest(tree)}"


def _ask(words: Sequence[str], folder: Path, bench: Bench, build: Build) -> None:
    """Run the stack's own Maven, with checksums enforced and a repository that is thrown away."""
    own = _of_stack(bench, build)
    argv = [str(own), "--batch-mode", "--strict-checksums", f"-Dmaven.repo.local={folder}/m2"]
    children.run(
        [*argv, *settings(bench, build), *words], env=environment(bench, build), cwd=folder, quiet=True, keep=60
    )


def _of_stack(bench: Bench, build: Build) -> Path:
    """Any Maven that starts: the stack's, else the one of its suite, without root."""
    found = shutil.which("mvn", path=build.environ.get("PATH"))
    if found and children.capture((found, "-version"), env=environment(bench, build), timeout=120).status == 0:
        return Path(found)
    key = store.key_of("maven-apt", build.stack.identity, build.stack.suite, REVISION)
    try:
        return store.obtain(build.runtimes, "maven", key, functools.partial(_from_apt, build))[0] / "bin/mvn"
    except Unavailable as refusal:
        raise Problem(
            "No Maven is there to fetch the build tools with",
            code="jvm.no-maven",
            evidence=f"The build stack has no mvn on PATH.\napt: {refusal.reason}",
            next_step="Install maven in the build stack, or build where its apt suite can be reached.",
        ) from refusal


def _from_apt(build: Build, tree: Path) -> str:
    apt = Apt.ready(build)
    names = [name for name in apt.closure("maven") if _OF_MAVEN.fullmatch(name)]
    with tempfile.TemporaryDirectory(dir=apt.folder) as folder:
        debs = apt.download(names, Path(folder))
        root = Path(folder, "root")
        for deb in debs:
            archives.unpack_deb(deb, root)
        archives.make_links_relative(root)
        # Its jars are links into /usr/share/java, its settings into /etc: here they are files.
        shutil.copytree(root / "usr/share/maven", tree, dirs_exist_ok=True)
        return f"sha256:{trees.digest(tree)}"


def _pom(wanted: Sequence[str]) -> str:
    each = [dict(zip(("groupId", "artifactId", "version"), name.split(":"), strict=True)) for name in wanted]
    needs = "".join(
        f"<dependency>{''.join(f'<{tag}>{escape(text)}</{tag}>' for tag, text in one.items())}</dependency>"
        for one in each
    )
    return (
        "<project><modelVersion>4.0.0</modelVersion><groupId>slugc</groupId><artifactId>tool</artifactId>"
        f"<version>1</version><dependencies>{needs}</dependencies></project>\n"
    )


def _errors(tail: Sequence[str]) -> list[str]:
    return [line for line in tail if "ERROR" in line][:6]
