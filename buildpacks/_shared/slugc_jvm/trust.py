"""Certificates as Java reads them: a JKS file from PEM ones, written without keytool (140 starts of a JVM).

The format is OpenJDK's sun.security.provider.JavaKeyStore: magic, version, entries, and a SHA-1 over the password and
all of it. Certificates are public; the digest guards against accidents only.
"""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

PASSWORD = "changeit"
_MAGIC, _VERSION, _TRUSTED = 0xFEEDFEED, 2, 2
_PEM = re.compile(r"-----BEGIN (?:TRUSTED )?CERTIFICATE-----(.*?)-----END", re.DOTALL)
_MOZILLA = Path("/usr/share/ca-certificates/mozilla")
_SYSTEM = (
    *("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"),
    *("/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem"),
)


def mozilla() -> list[bytes]:
    """The certificates that the stack's package brings. Not the system's bundle: an administrator may have added
    authorities of this machine to that one, and they must not travel in a slug."""
    return [each for path in sorted(_MOZILLA.glob("*.crt")) for each in decode(path.read_text(errors="replace"))]


def of_build(environ: Mapping[str, str]) -> list[bytes]:
    """What the build itself trusts: SSL_CERT_FILE, else the system's bundle."""
    for name in (environ.get("SSL_CERT_FILE", ""), *_SYSTEM):
        path = Path(name)
        if name and path.is_file():
            return decode(path.read_text(encoding="utf-8", errors="replace"))
    return []


def decode(text: str) -> list[bytes]:
    """The certificates of a PEM text, each as DER; blocks that are none are left out."""
    found = []
    for match in _PEM.finditer(text):
        try:
            found.append(base64.b64decode("".join(match[1].split()), validate=True))
        except binascii.Error:
            continue
    return found


def store(certificates: Iterable[bytes]) -> bytes:
    """A JKS file of trusted certificates. The same certificates give the same bytes."""
    unique = sorted(set(certificates), key=lambda each: hashlib.sha256(each).digest())
    parts = [struct.pack(">III", _MAGIC, _VERSION, len(unique))]
    for each in unique:
        parts += [struct.pack(">I", _TRUSTED), _utf(hashlib.sha256(each).hexdigest()), struct.pack(">Q", 0)]
        parts += [_utf("X.509"), struct.pack(">I", len(each)), each]
    body = b"".join(parts)
    seal = hashlib.sha1(PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + body, usedforsecurity=False)
    return body + seal.digest()


def write(path: Path, certificates: Iterable[bytes]) -> bool:
    """False, and no file, where there are no certificates: an empty store breaks what a missing one would not."""
    found = list(certificates)
    if not found:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(store(found))
    return True


def _utf(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data
