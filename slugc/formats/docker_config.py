"""The logins in a docker config.json: `{"auths": {"HOST": {"auth": base64 of USER:PASSWORD}}}`."""

import base64
import binascii
import json
from typing import Any


def login(data: bytes, host: str) -> str:
    """`USER:PASSWORD` for a registry's host; empty where the file has none that can be read.

    Keys are hosts, or addresses as old clients wrote them (`https://HOST/v1/`). A login that a credential helper
    keeps (`credsStore`) is not in the file.
    """
    try:
        document: Any = json.loads(data)
    except ValueError:
        return ""
    auths = document.get("auths") if isinstance(document, dict) else None
    if not isinstance(auths, dict):
        return ""
    for key, entry in auths.items():
        if key.split("://", 1)[-1].split("/", 1)[0] == host and isinstance(entry, dict):
            found = _decoded(entry.get("auth")) or _pair(entry.get("username"), entry.get("password"))
            if found:
                return found
    return ""


def _decoded(auth: object) -> str:
    try:
        text = base64.b64decode(auth, validate=True).decode() if isinstance(auth, str) else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text.rstrip("\0") if ":" in text else ""


def _pair(user: object, password: object) -> str:
    return f"{user}:{password}" if isinstance(user, str) and isinstance(password, str) and user else ""
