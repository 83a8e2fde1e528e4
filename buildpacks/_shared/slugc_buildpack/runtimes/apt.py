"""Source `apt`: packages of the stack's own suite, without root and without touching the system's apt.

apt gets a state folder of ours, and the system's mirrors of this suite. apt itself verifies the chain: the
archive's signature, then the index's digest, then the package's.
"""

import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slugc_buildpack import children, trees, versions
from slugc_buildpack.build import Build
from slugc_buildpack.runtimes import archives
from slugc_buildpack.runtimes.contract import Artifact, Unavailable
from slugc_buildpack.runtimes.store import locked
from slugc_buildpack.versions import Spec

FRESH_SECONDS = 3600.0
"""How long downloaded package lists serve before apt is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AptSource:
    """`packages`: series -> the packages that make up the runtime, the one that names the version first.

    `series`: which series this suite may have, e.g. all `pythonX.Y-minimal` packages -> ("3.11",).
    `layout`: (folder where the packages lie unpacked, empty tree, version, build): moves what is needed.
    """

    language: str
    pattern: str
    """A regular expression over package names whose group 1 is the series: `python(3\\.\\d+)-minimal`."""
    packages: Callable[[str, Build], tuple[str, ...]]
    layout: Callable[[Path, Path, str, Build], None]
    optional: tuple[str, ...] = ()
    """Of these packages the suite may lack some."""
    version: Callable[[str], str] = lambda text: upstream(text)  # noqa: PLW0108 - defined below
    """The runtime's version, given the Debian version of the first package."""
    name: str = "apt"

    def find(self, spec: Spec, build: Build) -> Artifact:
        apt = Apt.ready(build)
        offered = apt.series(self.pattern)
        candidates = {series: apt.candidate(self.packages(series, build)[0]) for series in offered}
        by_version = {self.version(version): series for series, version in candidates.items() if version}
        version = versions.newest(by_version, spec)
        if version is None:
            offers = tuple(sorted(by_version, key=versions.numbers))
            raise Unavailable(f"the suite {build.stack.suite} has no such version", offers=offers)
        series = by_version[version]
        names = [
            name
            for name in self.packages(series, build)
            if name not in self.optional or apt.candidate(name) is not None
        ]
        return Artifact(
            language=self.language,
            version=version,
            source=self.name,
            uri=f"apt:{build.stack.suite}/{self.packages(series, build)[0]}={candidates[series]}",
            details={"packages": " ".join(names), "series": series},
        )

    def fetch(self, artifact: Artifact, into: Path, build: Build) -> str:
        apt = Apt.ready(build)
        with tempfile.TemporaryDirectory(dir=apt.folder) as folder:
            debs = apt.download(artifact.details["packages"].split(), Path(folder))
            root = Path(folder, "root")
            for deb in debs:
                archives.unpack_deb(deb, root)
            self.layout(root, into, artifact.version, build)
            served = "\n".join(f"{trees.file_digest(deb)} {deb.name}" for deb in debs)
        return f"sha256:{hashlib.sha256(served.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Apt:
    """A private apt for one suite."""

    folder: Path
    build: Build

    @classmethod
    def ready(cls, build: Build) -> "Apt":
        """Lists downloaded within the last hour, or downloaded now. Raises Unavailable."""
        stack = build.stack
        if not stack.suite:
            raise Unavailable(f"{stack.distro} {stack.version} has no apt suite")
        if shutil.which("apt-get", path=build.environ.get("PATH")) is None:
            raise Unavailable("the build stack has no apt-get")
        apt = cls(build.state / f"apt-{stack.suite}-{stack.deb_arch}", build)
        # Two builds at once would download into the same lists.
        with locked(build.runtimes / "locks" / apt.folder.name):
            apt._refresh()
        return apt

    def _refresh(self) -> None:
        stamp = self.folder / "updated"
        if not self.settings.exists():
            self._set_up()
        if stamp.exists() and (self.build.offline or time.time() - stamp.stat().st_mtime <= FRESH_SECONDS):
            return
        self._set_up()
        try:
            self._update()
        except Unavailable:
            if not stamp.exists():
                raise
            return  # old lists serve: what they name may be in the store already
        stamp.touch()

    @property
    def settings(self) -> Path:
        """apt's configuration. It holds absolute paths, and a build without walls knows this folder by another name."""
        return self.folder / f"apt-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]}.conf"

    def series(self, pattern: str) -> list[str]:
        names = self._run("apt-cache", "pkgnames").splitlines()
        return sorted({match[1] for name in names if (match := re.fullmatch(pattern, name))})

    def candidate(self, package: str) -> str | None:
        """The version apt would install."""
        text = self._run("apt-cache", "policy", package)
        match = re.search(r"^  Candidate: (\S+)$", text, re.MULTILINE)
        return match[1] if match and match[1] != "(none)" else None

    def closure(self, package: str) -> list[str]:
        """What apt would install with `package` on an empty system, recommendations left out."""
        text = self._run("apt-get", "install", "-s", "--no-install-recommends", package)
        return sorted(set(re.findall(r"^Inst (\S+) ", text, re.MULTILINE)))

    def download(self, packages: list[str], into: Path) -> list[Path]:
        """The packages' files, sorted by name. Raises Unavailable, also where a digest is wrong."""
        self._run("apt-get", "download", "-q", *packages, cwd=into, timeout=900)
        return sorted(into.glob("*.deb"))

    def _set_up(self) -> None:
        sources = _sources(self.build)
        for name in ("lists/partial", "cache/archives/partial", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        (self.folder / "sources.list").write_text("\n".join(sources) + "\n", encoding="utf-8")
        settings = {
            "Dir::State": self.folder,
            "Dir::State::lists": self.folder / "lists",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Log": self.folder / "log",
            "Dir::Etc::sourcelist": self.folder / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "APT::Architecture": self.build.stack.deb_arch,
            "APT::Architectures": self.build.stack.deb_arch,
            "APT::Sandbox::User": "",  # nobody else inside a sandbox could read our folder
            "APT::Get::List-Cleanup": "true",
            "Acquire::Languages": "none",
            "Acquire::Retries": "1",
            "Acquire::http::Timeout": "8",
            "Acquire::https::Timeout": "8",
            "Debug::NoLocking": "true",  # ours is private; flock needs no daemon of apt's
        }
        lines = [f'{name} "{value}";' for name, value in settings.items()]
        self.settings.write_text("\n".join([*_acquire_settings(self.build), *lines]) + "\n", encoding="utf-8")

    def _update(self) -> None:
        mark = self.folder / "unreachable"
        if mark.exists() and time.time() - mark.stat().st_mtime < 60:
            raise Unavailable("the archive could not be reached a moment ago")
        try:
            self._run("apt-get", "update", "-q", "--error-on=any", timeout=120)
        except Unavailable:
            if not self.build.offline:
                mark.touch()
            raise

    def _run(self, *argv: str, cwd: Path | None = None, timeout: float = 120) -> str:
        env = self.build.child_env(
            {"APT_CONFIG": str(self.settings), "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        )
        done = children.capture(argv, env=env, cwd=cwd, timeout=timeout)
        if done.status:
            wrong = [line[2:].strip() for line in done.err.splitlines() if line.startswith(("E:", "W:"))]
            raise Unavailable(f"{argv[0]} says: {wrong[0] if wrong else done.err.strip() or done.status}")
        return done.out


def upstream(version: str) -> str:
    """`1:3.11.2-6+deb12u6` -> `3.11.2`."""
    return re.split(r"[-+~]", version.partition(":")[2] or version, maxsplit=1)[0]


def sources_of(text: str, suite: str, *, deb822: bool) -> list[tuple[str, str, str, str]]:
    """(uri, suite, components, signed-by) of the entries that serve `suite` and its updates; pure."""
    return [
        entry
        for entry in (_deb822(text) if deb822 else _one_line(text))
        if entry[1].partition("/")[0] in _suites(suite)
    ]


def _suites(suite: str) -> set[str]:
    return {suite, f"{suite}-updates", f"{suite}-security"}


def _one_line(text: str) -> list[tuple[str, str, str, str]]:
    found = []
    for match in re.finditer(r"^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#\n]+)", text, re.MULTILINE):
        options = dict(part.partition("=")[::2] for part in (match[1] or "").split())
        found.append((match[2], match[3], match[4].strip(), options.get("signed-by", "")))
    return found


def _deb822(text: str) -> list[tuple[str, str, str, str]]:
    found = []
    for stanza in re.split(r"\n\s*\n", re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1].isspace():
                fields[name] = f"{fields.get(name, '')}\n{line.strip()}"
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() == "no":
            continue
        signed = fields.get("signed-by", "")
        signed = "" if "BEGIN PGP" in signed else signed
        found += [
            (uri, suite, fields.get("components", ""), signed)
            for uri in fields.get("uris", "").split()
            for suite in fields.get("suites", "").split()
        ]
    return found


def _sources(build: Build) -> list[str]:
    """sources.list lines for the suite: the system's own mirrors, each bound to a keyring."""
    etc = Path("/etc/apt")
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))]
    entries = [
        e for path in files if path.is_file() for e in sources_of(path.read_text(), build.stack.suite, deb822=False)
    ]
    for path in sorted((etc / "sources.list.d").glob("*.sources")):
        entries += sources_of(path.read_text(), build.stack.suite, deb822=True)
    if not entries:
        raise Unavailable(f"/etc/apt names no mirror of the suite {build.stack.suite}")
    lines = []
    for uri, suite, components, signed in dict.fromkeys(entries):
        keyring = signed if signed and Path(signed).exists() else _keyring(build.stack.distro)
        option = f"[signed-by={keyring}] " if keyring else ""
        lines.append(f"deb {option}{uri} {suite} {components}")
    return lines


def _keyring(distro: str) -> str:
    path = Path(f"/usr/share/keyrings/{distro}-archive-keyring.gpg")
    return str(path) if path.exists() else ""  # apt then trusts /etc/apt/trusted.gpg.d, as the system does


def _acquire_settings(build: Build) -> list[str]:
    """How the system's apt reaches its mirrors (proxies, CA, validity). Hooks of apt.conf.d stay behind, and so
    does every permission to take what is not signed."""
    done = children.capture(("apt-config", "dump"), env=build.child_env({"LC_ALL": "C"}), timeout=30)
    wanted = re.compile(r'Acquire::(http|https|socks|Check-|ForceIPv|By-Hash|PDiffs|Compression)[^"]* "[^"]+";')
    return [line for line in done.out.splitlines() if wanted.fullmatch(line)]
