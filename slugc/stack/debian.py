"""The packages of a Debian or Ubuntu stack, and how mmdebstrap is asked for them. Pure, but for one function."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from slugc.errors.stack import StackNotMade, StackToolMissing
from slugc.events import Emit, Output
from slugc.host.processes import Command, run

Variant = Literal["run", "build"]

# What the language runtimes load, beyond a minimal system. Newer suites know these libraries by names that end in
# "t64" (the 64-bit time transition), and provide the old names.
RUN = (
    "ca-certificates",
    "libbz2-1.0",
    "libcurl4",
    "libedit2",
    "libexpat1",
    "libffi8",
    "libgcc-s1",
    "libgdbm6",
    "libgmp10",
    "liblzma5",
    "libncurses6",
    "libncursesw6",
    "libpq5",
    "libreadline8",
    "libsqlite3-0",
    "libssl3",
    "libstdc++6",
    "libuuid1",
    "libxml2",
    "libxslt1.1",
    "libyaml-0-2",
    "netbase",
    "tzdata",
    "zlib1g",
)
BUILD = (
    *RUN,
    "autoconf",
    "bison",
    "build-essential",
    "bzip2",
    "curl",
    "file",
    "git",
    "gnupg",
    "jq",
    "libbz2-dev",
    "libcurl4-openssl-dev",
    "libexpat1-dev",
    "libffi-dev",
    "libgdbm-dev",
    "libgmp-dev",
    "liblzma-dev",
    "libncurses-dev",
    "libpq-dev",
    "libreadline-dev",
    "libsqlite3-dev",
    "libssl-dev",
    "libxml2-dev",
    "libxslt1-dev",
    "libyaml-dev",
    "patch",
    "pkg-config",
    "procps",
    "python3",
    "rsync",
    "unzip",
    "uuid-dev",
    "wget",
    "xz-utils",
    "zip",
    "zlib1g-dev",
    "zstd",
)
DROPPED = ("/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/doc/*")
KEPT = ("/usr/share/doc/*/copyright",)
# The first day that a zip file can hold: every file's time, so that the same packages give the same bytes.
EPOCH = "315532800"
SECONDS = 1800.0
TAIL = 15


def packages(variant: Variant) -> tuple[str, ...]:
    return RUN if variant == "run" else BUILD


def arguments(suite: str, target: Path, variant: Variant, mirrors: list[str]) -> list[str]:
    """mmdebstrap's own words, without the program. Its `auto` mode needs no root where user namespaces and
    subordinate ids, or fakechroot, are there."""
    words = ["--variant=minbase", "--mode=auto", "--format=tar", f"--include={','.join(packages(variant))}"]
    words += [f"--dpkgopt=path-exclude={pattern}" for pattern in DROPPED]
    words += [f"--dpkgopt=path-include={pattern}" for pattern in KEPT]
    return [*words, suite, str(target), *mirrors]


def mirrors_of(sources: str, suite: str) -> list[str]:
    """`deb` lines for `suite` at the mirrors that this system's own apt uses; [] leaves them to mmdebstrap.

    `sources` is the text of sources.list and of all *.list and *.sources files. Only a distribution's own
    archives count: a line whose suite is the base suite or one of its -updates and -security.
    """
    entries = [*_one_line(sources), *_stanzas(sources)]
    plain = [uri for uri, name in entries if name in SUITES]
    security = [uri for uri, name in entries if name.removesuffix("-security") in SUITES and name not in SUITES]
    if not plain or suite not in SUITES:
        return []
    lines = [f"deb {plain[0]} {suite} main", f"deb {plain[0]} {suite}-updates main"]
    if security:
        lines.append(f"deb {security[0]} {suite}-security main")
    return lines


SUITES = frozenset({"bullseye", "bookworm", "trixie", "forky", "focal", "jammy", "noble"})


def bootstrap(
    suite: str, target: Path, variant: Variant, *, mirror: str | None, environ: Mapping[str, str], emit: Emit
) -> None:
    """Write the root file system's tar at `target`.

    Raises StackToolMissing without mmdebstrap, StackNotMade with its last lines where it fails.
    """
    path = f"{environ.get('PATH', '')}:/usr/sbin:/usr/bin:/sbin:/bin"
    program = shutil.which("mmdebstrap", path=path)
    if program is None:
        raise StackToolMissing(tool="mmdebstrap")
    mirrors = [f"deb {mirror} {suite} main"] if mirror else mirrors_of(_sources(Path("/etc/apt")), suite)
    # apt and its helpers need the proxies; nothing else of the caller's.
    env = {name: value for name, value in environ.items() if name.lower().endswith("_proxy")}
    env |= {"PATH": path, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": EPOCH}
    # As root beside the target, for /tmp may be small; else where mmdebstrap's own users can reach it, which a
    # state folder below a closed home is not.
    if os.getuid() == 0:
        env["TMPDIR"] = str(target.parent)
    elif environ.get("TMPDIR"):
        env["TMPDIR"] = environ["TMPDIR"]
    tail: list[str] = []

    def on_line(text: str, stream: str) -> None:
        tail.append(text)
        emit(Output(text=text, stream=stream))

    argv = (program, *arguments(suite, target, variant, mirrors))
    completed = run(Command(argv=argv, env=env, cwd=Path("/")), on_line=on_line, timeout=SECONDS)
    if completed.status != 0 or not target.is_file():
        evidence = [line for line in tail if line.startswith(("E:", "Err:"))] or tail
        raise StackNotMade(suite=suite, status=completed.status, tail=evidence[-TAIL:], root=os.getuid() == 0)


def _sources(apt: Path) -> str:
    files = [apt / "sources.list", *sorted(apt.glob("sources.list.d/*"))]
    return "\n\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())


def _one_line(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)", text, re.MULTILINE)


def _stanzas(text: str) -> list[tuple[str, str]]:
    """The deb822 form: paragraphs with Types, URIs and Suites."""
    out: list[tuple[str, str]] = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^(\w[\w-]*):[ \t]*(.*)$", paragraph, re.MULTILINE))
        if "deb" in fields.get("Types", "").split() and fields.get("URIs"):
            out += [(fields["URIs"].split()[0], suite) for suite in fields.get("Suites", "").split()]
    return out
