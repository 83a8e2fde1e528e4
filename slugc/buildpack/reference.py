"""A buildpack reference as text, and the kind of thing it names. Pure."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slugc.buildpack import builtin
from slugc.formats import image_reference, registry_index
from slugc.host.files import expanded

TARBALL = re.compile(r"\.(tgz|tbz2?|txz|tar(\.(gz|bz2?|xz|zst))?|tzst)$", re.IGNORECASE)
_SCP = re.compile(r"[\w.+-]+@[\w.-]+:(?!//).+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
GIT_SCHEMES = frozenset({"git", "ssh", "git+https", "git+http", "git+ssh", "git+file", "file", "http", "https"})
IMAGE_SCHEMES = frozenset({"docker", "oci"})

Kind = Literal["builtin", "path", "git", "tarball", "image", "registered", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    kind: Kind
    address: str
    """A built-in's name, an absolute path, a URL without its `#ref`, or what follows `urn:cnb:registry:`."""
    ref: str = ""
    """git: branch, tag or commit; empty for the default branch. A tarball: `sha256=...`, or empty."""


def read(text: str, *, base: Path) -> Named:
    """Tell a path from a name from an address. A built-in's name wins over a folder of that name (write ./python
    for the folder); relative paths count from `base`."""
    try:
        return _read(text, base)
    except OSError:  # longer than any path is, or through folders that this user may not enter
        return Named(kind="unknown", address=text)


def _read(text: str, base: Path) -> Named:  # noqa: PLR0911 - one line a form of reference
    if not text:
        return Named(kind="unknown", address="''")
    found = builtin.named(text)
    if found is not None:
        return Named(kind="builtin", address=found)
    scheme = _SCHEME.match(text)
    if scheme:
        return _url(text, scheme[1].lower())
    if text.startswith(registry_index.PREFIX):
        return Named(kind="registered", address=text.removeprefix(registry_index.PREFIX))
    if text.startswith("urn:cnb:"):
        return Named(kind="unknown", address=text)  # urn:cnb:builder, where no builder is named
    if _SCP.fullmatch(text):
        address, _, ref = text.partition("#")
        return Named(kind="git", address=address, ref=ref)
    path = expanded(text)
    absolute = path if path.is_absolute() else base / path
    if absolute.exists() or text.startswith((".", "/", "~")):
        return Named(kind="path", address=str(absolute))
    before, hash_sign, ref = text.rpartition("#")
    if hash_sign and (base / expanded(before)).is_dir():
        return Named(kind="git", address=str((base / expanded(before)).resolve()), ref=ref)
    if image_reference.names_a_host(text):
        return Named(kind="image", address=f"docker://{text}")
    return Named(kind="unknown", address=text)


def _url(text: str, scheme: str) -> Named:
    if scheme in IMAGE_SCHEMES:
        return Named(kind="image", address=text)
    address, _, ref = text.partition("#")
    path = address.partition("?")[0]
    if scheme in {"http", "https", "file"} and TARBALL.search(path):
        return Named(kind="tarball", address=address, ref=ref)
    if scheme == "file" and not ref and not (Path(path.removeprefix("file://")) / ".git").exists():
        local = Path(path.removeprefix("file://"))
        if local.is_dir() and not (local / "HEAD").is_file():
            return Named(kind="path", address=str(local))
    if scheme in GIT_SCHEMES:
        return Named(kind="git", address=address.removeprefix("git+"), ref=ref)
    return Named(kind="unknown", address=text)
