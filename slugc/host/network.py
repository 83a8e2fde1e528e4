"""HTTP downloads: retried, size-bounded, digest-checked. httpx is imported only when something is fetched."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ATTEMPTS = 3
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0


class DownloadFailed(Exception):
    """Facts of a failed download; the caller turns them into an error with a hint."""

    def __init__(self, *, url: str, reason: str, status: int | None = None) -> None:
        super().__init__(f"{url}: {reason}")
        self.url, self.reason, self.status = url, reason, status


@dataclass(frozen=True, slots=True)
class Downloaded:
    sha256: str
    validators: Mapping[str, str]
    """What the server will know this content by: the headers of the next question, If-None-Match or -Modified-Since."""


def download(
    url: str, target: Path, *, sha256: str = "", unless: Mapping[str, str] | None = None, limit: int = 1 << 30
) -> Downloaded | None:
    """Fetch `url` into `target` (written beside it, then renamed). None, and no file: it is still what an earlier
    answer's validators, given as `unless`, stand for.

    Raises DownloadFailed after 3 attempts (a refusal by status 4xx is final), when more than `limit` bytes
    come, or when the digest is not `sha256`. Proxies and CA settings are taken from the environment.
    """
    import httpx  # 100 ms that an offline build must not pay

    part = target.with_name(target.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(0.3 * 2**attempt)
        try:
            found = _stream(url, part, limit, unless or {})
        except DownloadFailed:
            part.unlink(missing_ok=True)
            raise
        except httpx.ConnectError as error:
            part.unlink(missing_ok=True)
            reason = str(error) or type(error).__name__
            if _hopeless(reason):
                break
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            part.unlink(missing_ok=True)
            reason = str(error) or type(error).__name__
        else:
            if found is None:
                return None
            if sha256 and found.sha256 != sha256:
                part.unlink(missing_ok=True)
                raise DownloadFailed(url=url, reason=f"sha256 is {found.sha256}, expected {sha256}")
            part.replace(target)
            return found
    raise DownloadFailed(url=url, reason=reason)


def _stream(url: str, part: Path, limit: int, unless: Mapping[str, str]) -> Downloaded | None:
    import httpx

    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    digest = hashlib.sha256()
    with (
        httpx.Client(timeout=timeout, follow_redirects=True) as client,
        client.stream("GET", url, headers={"Accept-Encoding": "identity", **unless}) as answer,
    ):
        if answer.status_code in {408, 425, 429} or answer.status_code >= 500:
            message = f"HTTP {answer.status_code} {answer.reason_phrase}"
            raise httpx.HTTPError(message)
        if answer.status_code == 304 and unless:
            return None
        if answer.status_code != 200:
            raise DownloadFailed(
                url=url, reason=f"HTTP {answer.status_code} {answer.reason_phrase}", status=answer.status_code
            )
        done = 0
        with part.open("wb") as out:
            # Undecoded: a tarball sent as `Content-Encoding: gzip` would lose its own compression, and its digest.
            for chunk in answer.iter_raw(1 << 18):
                done += len(chunk)
                if done > limit:
                    raise DownloadFailed(url=url, reason=f"more than {limit} bytes")
                digest.update(chunk)
                out.write(chunk)
        return Downloaded(digest.hexdigest(), _validators(answer.headers))


def _validators(headers: Mapping[str, str]) -> dict[str, str]:
    """The stronger one alone: a server that is asked both ways may answer by the weaker."""
    if tag := headers.get("etag"):
        return {"If-None-Match": tag}
    date = headers.get("last-modified")
    return {"If-Modified-Since": date} if date else {}


def _hopeless(reason: str) -> bool:
    """A name that does not exist or a port that refuses will not change its mind within a second."""
    return any(sign in reason for sign in ("Name or service not known", "Connection refused", "No address associated"))
