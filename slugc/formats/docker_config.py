"""The logins of a docker config.json, and of the programs that it leaves them to (credential helpers).

`{"auths": {"HOST": {"auth": base64 of USER:PASSWORD}}, "credHelpers": {"HOST": "NAME"}, "credsStore": "NAME"}`. A
helper is the program docker-credential-NAME: `get` reads a server on stdin and answers with JSON on stdout.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slugc.formats import image_reference
from slugc.model.login import Login

IDENTITY = "<token>"
"""The user's name with which a helper says that its secret is an identity token."""
NONE_KEPT = "credentials not found"
"""What a helper prints, and ends with an error, where it has no login for that server."""
_HUB_KEY = "https://index.docker.io/v1/"
"""What docker keeps Docker Hub's login under."""
_NAME = re.compile(r"[\w.-]+")


class HelperAnswerProblem(ValueError):
    """What a helper printed is no answer. The text itself is never shown: it may be a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the file says about one host."""

    login: Login | None = None
    """It stands in the file."""
    helper: str = ""
    """The program that is asked first; empty: none."""
    server: str = ""
    """What the helper knows the host by."""


def kept(data: bytes, host: str) -> Kept:
    """Nothing where the file cannot be read. Keys are hosts, or addresses as old clients wrote them
    (`https://HOST/v1/`). A host's own helper goes before the one for all (`credsStore`)."""
    try:
        document: Any = json.loads(data)
    except (ValueError, RecursionError):
        return Kept()
    whole = _table(document)
    auths, helpers = _table(whole.get("auths")), _table(whole.get("credHelpers"))
    usual = _HUB_KEY if host == image_reference.HUB else host
    keys = [key for key in auths if _host(key) == _host(usual)]
    own = next((name for key, name in helpers.items() if _host(key) == _host(usual)), whole.get("credsStore"))
    named = isinstance(own, str) and _NAME.fullmatch(own)
    return Kept(
        login=next((found for key in keys if (found := _login(_table(auths[key])))), None),
        helper=f"docker-credential-{own}" if named else "",
        server=next(iter(keys), usual),
    )


def answer(text: str) -> Login | None:
    """A helper's `{"ServerURL": ..., "Username": ..., "Secret": ...}`; None for an empty login, with which some say
    that they have none. Raises HelperAnswerProblem."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise HelperAnswerProblem("it did not answer with JSON") from None
    user, secret = _table(document).get("Username"), _table(document).get("Secret")
    if not isinstance(user, str) or not isinstance(secret, str):
        raise HelperAnswerProblem("its answer has no Username and Secret")
    if user == IDENTITY:
        return Login(token=secret)
    return Login(user=user, password=secret) if user or secret else None


def _host(key: str) -> str:
    return key.split("://", 1)[-1].split("/", 1)[0]


def _login(entry: Mapping[str, Any]) -> Login | None:
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Login(token=token)
    return _decoded(entry.get("auth")) or _pair(entry.get("username"), entry.get("password"))


def _decoded(auth: object) -> Login | None:
    try:
        text = base64.b64decode(auth, validate=True).decode() if isinstance(auth, str) else ""
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, colon, password = text.rstrip("\0").partition(":")
    return Login(user=user, password=password) if colon else None


def _pair(user: object, password: object) -> Login | None:
    found = isinstance(user, str) and isinstance(password, str) and user
    return Login(user=str(user), password=str(password)) if found else None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
