"""Addresses as people and files may see them."""

import re

_LOGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^/:@\s]*)[^/\s]*@", re.IGNORECASE)
_QUERY = re.compile(r"(?<=\?)[^#\s]+")


def shown(address: str) -> str:
    """A URL without its login, and with `?...` for its query, which signs or authorises as often as it names. The user
    of ssh is no secret: `ssh://git@host` stays. What is no URL is given back as it is."""
    if "://" not in address:
        return address
    return _QUERY.sub("...", _LOGIN.sub(_without_login, address))


def _without_login(match: re.Match[str]) -> str:
    scheme, user = match["scheme"], match["user"]
    return f"{scheme}{user}@" if scheme.lower().endswith("ssh://") and user else scheme
