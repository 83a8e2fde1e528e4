"""The `host` stack: this system's own /usr and a chosen /etc. It needs nothing, and it leaks the host's tools."""

import os
from pathlib import Path

from slugc.model.mount import Mount, link, read_only
from slugc.model.slug import StackRecord
from slugc.stack import identity, os_release
from slugc.stack.value import Stack

NAME = "host"
SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
# By name, never the whole of /etc: it holds keys (ssl/private), passwords and other services' secrets. Not
# here: home folders, /root, /opt, /var, /srv, /mnt.
ETC = (
    "alternatives",
    "bash.bashrc",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "debian_version",
    "dpkg",
    "fonts",
    "gai.conf",
    "host.conf",
    "inputrc",
    "java",
    "java-*",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "locale.alias",
    "lsb-release",
    "magic",
    "maven",
    "mime.types",
    "networks",
    "os-release",
    "perl",
    "pki/ca-trust",
    "pki/java",
    "pki/tls/cert.pem",
    "pki/tls/certs",
    "protocols",
    "python3",
    "python3.*",
    "redhat-release",
    "resolv.conf",
    "rpc",
    "services",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
)
# Where a build finds the packages of the system's own suite. auth.conf holds passwords and is not here.
ETC_BUILD = ("apt/sources.list", "apt/sources.list.d", "apt/trusted.gpg.d", "apt/keyrings", "apt/apt.conf.d")


def host_stack(root: Path = Path("/")) -> Stack:
    run = (*_system(root), *_etc(root, ETC), *identity.mounts(_bytes(root / "etc/hosts")), *identity.private_folders())
    return Stack(name=NAME, record=_record(root), run=run, build=(*run, *_etc(root, ETC_BUILD)), root=root)


def _system(root: Path) -> list[Mount]:
    """A merged /usr has links at the top, older systems have folders: each stays what it is."""
    out: list[Mount] = []
    for name in SYSTEM:
        place = root / name
        if place.is_symlink():
            out.append(link(str(place.readlink()), f"/{name}"))
        elif place.is_dir():
            out.append(read_only(place, f"/{name}"))
    return out


def _etc(root: Path, names: tuple[str, ...]) -> list[Mount]:
    etc = root / "etc"
    places = (place for name in names for place in (sorted(etc.glob(name)) if "*" in name else [etc / name]))
    return [read_only(place, f"/etc/{place.relative_to(etc)}") for place in places if place.exists()]


def _record(root: Path) -> StackRecord:
    release = os_release.parse(_bytes(root / "etc/os-release").decode("utf-8", "replace"))
    return StackRecord(
        name=NAME,
        arch=os.uname().machine,
        distro=release.get("ID", "linux"),
        distro_version=release.get("VERSION_ID", ""),
        glibc=(os.confstr("CS_GNU_LIBC_VERSION") or "").removeprefix("glibc "),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
