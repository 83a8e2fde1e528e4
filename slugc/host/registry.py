"""Images of an OCI registry: anonymous or with a token, every byte checked against its digest."""

import base64
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slugc.model.login import Login, LoginLookup

if TYPE_CHECKING:
    import httpx

DEFAULT_HOST = "SLUGC_DEFAULT_REGISTRY"
MANIFEST_LIMIT = 8 << 20
BLOB_LIMIT = 8 << 30
SECONDS = 60.0
CLIENT = "slugc"
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryProblem(Exception):
    """Why an image cannot be had; the caller turns it into an error with a hint."""


@dataclass(slots=True)
class Registry:
    """One image's repository. Mutable only in what became of the login."""

    scheme: str
    host: str
    repository: str
    reference: str
    """The image's tag or digest."""
    accept: str
    """Media types of manifests."""
    login: Callable[[], LoginLookup]
    """The login for a host, looked up only where the registry wants one."""
    _client: "httpx.Client"
    _authorization: str = field(default="")
    _lacking: str = field(default="")
    """What kept us from a login, to be said where the registry refuses."""

    @property
    def _base(self) -> str:
        return f"{self.scheme}://{self.host}/v2/{self.repository}"

    def manifest(self, reference: str | None = None) -> tuple[bytes, str]:
        """A manifest's bytes and digest; by default that of the image itself. Raises RegistryProblem."""
        wanted = reference or self.reference
        with self._get(f"{self._base}/manifests/{wanted}", accept=self.accept) as answer:
            data = b"".join(_bounded(answer, MANIFEST_LIMIT))
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if wanted.startswith("sha256:") and wanted != digest:
            raise RegistryProblem(f"the manifest's digest is {digest}, expected {wanted}")
        return data, digest

    def blob(self, digest: str, target: Path, *, limit: int = BLOB_LIMIT) -> Path:
        """Fetch a blob into `target`. Raises RegistryProblem; a file that is not what it should be is not left."""
        found = hashlib.sha256()
        with self._get(f"{self._base}/blobs/{digest}") as answer, target.open("wb") as out:
            for chunk in _bounded(answer, limit):
                found.update(chunk)
                out.write(chunk)
        if f"sha256:{found.hexdigest()}" != digest:
            target.unlink()
            raise RegistryProblem(f"a blob's digest is sha256:{found.hexdigest()}, expected {digest}")
        return target

    @contextmanager
    def _get(self, url: str, *, accept: str = "*/*", again: bool = True) -> "Iterator[httpx.Response]":
        import httpx

        headers = {"Accept": accept}
        if self._authorization:
            headers["Authorization"] = self._authorization
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code != 401 or not again:
                    self._check(answer)
                    yield answer
                    return
                challenge = answer.headers.get("www-authenticate", "")
            self._authorization = self._answer(challenge)
        except (httpx.HTTPError, httpx.InvalidURL) as error:  # the second: of a realm, or a redirect
            raise RegistryProblem(f"{url}: {str(error) or type(error).__name__}") from error
        with self._get(url, accept=accept, again=False) as answer:
            yield answer

    def _answer(self, challenge: str) -> str:
        """The Authorization header that a registry's challenge asks for."""
        kind, _, rest = challenge.partition(" ")
        found = self.login()
        self._lacking = found.problem
        if kind.lower() == "basic":
            if found.login is None or found.login.token:
                raise RegistryProblem(self._because(f"{self.host} wants a login, and there is none for it"))
            return _basic(found.login)
        values = dict(_CHALLENGE.findall(rest))
        if kind.lower() != "bearer" or "realm" not in values:
            raise RegistryProblem(f"{self.host} asks for a login in a way that is not understood: {kind or '?'}")
        return f"Bearer {self._token(values['realm'], values.get('service', ''), found.login)}"

    def _token(self, realm: str, service: str, login: Login | None) -> str:
        """By a question with the login, or without one; an identity token is posted, as OAuth 2 wants it."""
        wanted = {"service": service, "scope": f"repository:{self.repository}:pull"}
        wanted = {name: value for name, value in wanted.items() if value}
        if login is not None and login.token:
            form = {**wanted, "grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": login.token}
            answer = self._client.post(realm, data=form)
        else:
            headers = {"Authorization": _basic(login)} if login is not None else {}
            answer = self._client.get(realm, params=wanted, headers=headers)
        self._check(answer)
        try:
            given: Any = answer.json()
        except ValueError:
            given = None
        token = given.get("token") or given.get("access_token") if isinstance(given, dict) else None
        if not isinstance(token, str):
            raise RegistryProblem(f"{realm} gave no token")
        return token

    def _check(self, answer: "httpx.Response") -> None:
        reasons = {401: "it wants another login", 403: "it is not for this login", 404: "there is no such image"}
        if answer.status_code != 200:
            said = reasons.get(answer.status_code, answer.reason_phrase)
            raise RegistryProblem(self._because(f"{answer.url}: HTTP {answer.status_code}, {said}"))

    def _because(self, text: str) -> str:
        return f"{text} ({self._lacking})" if self._lacking else text


def default_host() -> str:
    """The registry of images that name none; empty where the caller has set none."""
    return os.environ.get(DEFAULT_HOST, "")


@contextmanager
def connect(
    *, scheme: str, host: str, repository: str, reference: str, accept: str, login: Callable[[], LoginLookup]
) -> Iterator[Registry]:
    """A client for one image; nothing is asked before the first call."""
    import httpx  # 100 ms that a build without images must not pay

    with httpx.Client(timeout=httpx.Timeout(SECONDS, connect=10.0), follow_redirects=True) as client:
        yield Registry(scheme, host, repository, reference, accept, login, client)


def _basic(login: Login) -> str:
    return "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()


def _bounded(answer: "httpx.Response", limit: int) -> Iterator[bytes]:
    done = 0
    for chunk in answer.iter_raw(1 << 18):
        done += len(chunk)
        if done > limit:
            raise RegistryProblem(f"{answer.url}: more than {limit} bytes")
        yield chunk
