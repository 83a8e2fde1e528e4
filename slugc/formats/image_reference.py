"""Image references as text: `docker://host:5000/ns/name:tag@sha256:...`, with or without the scheme."""

import re
from dataclasses import dataclass

_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[\w][\w.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
HUB = "docker.io"
_HUB_SERVER = "registry-1.docker.io"
"""Docker Hub is the one registry whose images are not served under the name that stands in front of them."""
_LOOPBACK = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    host: str
    """With its port. Empty: the caller's default registry."""
    repository: str
    tag: str = "latest"
    digest: str = ""
    """`sha256:...`; wins over the tag."""

    @property
    def text(self) -> str:
        where = f"{self.host}/{self.repository}" if self.host else self.repository
        return f"{where}@{self.digest}" if self.digest else f"{where}:{self.tag}"

    @property
    def server(self) -> str:
        """The host that answers for it, with its port."""
        return _HUB_SERVER if self.host == HUB else self.host

    @property
    def scheme(self) -> str:
        """Registries of this very machine speak plain HTTP; all others must have TLS."""
        return "http" if _LOOPBACK.fullmatch(self.host) else "https"


def parse(text: str) -> ImageReference | None:
    """None where the text is no image reference."""
    rest = re.sub(r"^(docker|oci)://", "", text)
    rest, _, digest = rest.partition("@")
    first, slash, path = rest.partition("/")
    host = first if slash and ("." in first or ":" in first or first == "localhost") else ""
    path = path if host else rest
    repository, colon, tag = path.partition(":")
    if not _REPOSITORY.fullmatch(repository) or (digest and not _DIGEST.fullmatch(digest)):
        return None
    if colon and not _TAG.fullmatch(tag):
        return None
    if host in {f"index.{HUB}", _HUB_SERVER}:
        host = HUB
    if host == HUB and "/" not in repository:
        repository = f"library/{repository}"
    return ImageReference(host=host, repository=repository, tag=tag or "latest", digest=digest)


def names_a_host(text: str) -> bool:
    """True for what can only be an image: a path with a host in front, and a tag or digest or several parts."""
    found = parse(text)
    return found is not None and bool(found.host)
