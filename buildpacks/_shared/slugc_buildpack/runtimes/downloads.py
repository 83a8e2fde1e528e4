"""Downloads by the standard library: http, https and file, bounded in size and time, checked by digest."""

import base64
import hashlib
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from slugc_buildpack.build import Build
from slugc_buildpack.runtimes.contract import Unavailable

CONNECT_SECONDS = 10.0
LIMIT = 1 << 30
UNREACHABLE_SECONDS = 600.0
"""How long a host that could not be reached is not asked again: every build would wait for it anew."""


def fetch(url: str, target: Path, *, digest: str = "", build: Build) -> str:
    """Write what `url` serves to `target` and return its `sha256:...`.

    digest: `sha256:HEX`, `sha512:HEX` or an npm integrity (`sha512-BASE64`); checked before `target` appears.
    Hosts that cannot be reached are remembered for ten minutes. Raises Unavailable.
    """
    staged = target.with_name(target.name + ".part")
    hashes = {name: hashlib.new(name) for name in ("sha256", "sha512", "sha1")}
    try:
        with _opened(url, build) as answer, staged.open("wb") as out:
            size = 0
            while chunk := answer.read(1 << 18):
                size += len(chunk)
                if size > LIMIT:
                    raise Unavailable(f"{_shown(url)} is larger than {LIMIT} bytes")
                out.write(chunk)
                for each in hashes.values():
                    each.update(chunk)
        if digest and (wrong := _mismatch(digest, hashes)):
            raise Unavailable(f"{_shown(url)} has the {wrong}")
        staged.replace(target)
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{_shown(url)} broke off: {error}") from error
    finally:
        staged.unlink(missing_ok=True)
    return f"sha256:{hashes['sha256'].hexdigest()}"


def fetch_json(url: str, *, build: Build, accept: str = "application/json") -> Any:
    """The document at `url`. Raises Unavailable."""
    try:
        with _opened(url, build, accept) as answer:
            return json.loads(answer.read(64 << 20))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{_shown(url)} gave no JSON: {error}") from error


def _opened(url: str, build: Build, accept: str = "*/*") -> Any:
    host = urllib.parse.urlsplit(url).netloc.rpartition("@")[2]
    mark = build.state / f"unreachable-{host.replace(':', '_')}"
    if host and build.offline:
        raise Unavailable("the network is off")
    if host and mark.exists() and 0 <= time.time() - mark.stat().st_mtime < UNREACHABLE_SECONDS:
        raise Unavailable(f"{host} could not be reached a few minutes ago")
    request = urllib.request.Request(url, headers={"User-Agent": "slugc", "Accept": accept})
    try:
        answer = urllib.request.urlopen(request, timeout=CONNECT_SECONDS)
    except urllib.error.HTTPError as error:
        raise Unavailable(f"{_shown(url)} answered {error.code} {error.reason}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        if host and not isinstance(error, ValueError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
        reason = getattr(error, "reason", error)
        raise Unavailable(f"{host or url} could not be reached ({reason})") from error
    if host:
        mark.unlink(missing_ok=True)
    return answer


def _mismatch(digest: str, hashes: dict[str, Any]) -> str | None:
    if "-" in digest:
        name, _, encoded = digest.partition("-")
        wanted = base64.b64decode(encoded).hex()
    else:
        name, _, wanted = digest.partition(":")
    if name not in hashes:
        return f"digest kind {name}, which cannot be checked"
    found = hashes[name].hexdigest()
    return None if found == wanted.lower() else f"wrong {name}: {found}, expected {wanted}"


def _shown(url: str) -> str:
    """The URL without a password."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
