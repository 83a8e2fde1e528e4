"""The stack that a build runs on, as far as a buildpack must know it."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    name: str
    distro: str
    """`debian`, `ubuntu`."""
    version: str
    suite: str
    """`bookworm`, `noble`: what apt calls it."""
    glibc: str
    """`2.36`."""
    arch: str
    """`x86_64`, `aarch64`."""

    @property
    def identity(self) -> str:
        """Two stacks of one identity can share a compiled runtime."""
        return f"{self.distro}-{self.version}-{self.arch}-glibc{self.glibc}"

    @property
    def deb_arch(self) -> str:
        return {"x86_64": "amd64", "aarch64": "arm64"}.get(self.arch, self.arch)

    @property
    def multiarch(self) -> str:
        return f"{self.arch}-linux-gnu"


def from_environment(environ: Mapping[str, str]) -> Stack:
    """The SLUGC_STACK_* variables, and what this system itself says for those that are missing."""
    release = _os_release()
    return Stack(
        name=environ.get("STACK") or "host",
        distro=environ.get("SLUGC_STACK_DISTRO") or release.get("ID", "linux"),
        version=environ.get("SLUGC_STACK_VERSION") or release.get("VERSION_ID", ""),
        suite=environ.get("SLUGC_STACK_SUITE") or release.get("VERSION_CODENAME", ""),
        glibc=environ.get("SLUGC_STACK_GLIBC") or platform.libc_ver()[1] or "0",
        arch=platform.machine(),
    )


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
