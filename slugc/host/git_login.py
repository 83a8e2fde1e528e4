"""The login in a git address, by a way that no list of processes shows. Pure.

git hands an address on to `git remote-https` as an argument, which every user of the machine can read. So the address
goes without its login, and the login by the environment, to a credential helper of one line that git asks when the
server does. An `http.extraHeader` was the alternative: it goes to every server that a redirect leads to.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

_WITH_LOGIN = re.compile(
    r"(?P<scheme>https?://)(?P<user>[^/:@\s]*)(:(?P<password>[^/\s]*))?@(?P<host>[^/@\s]+)", re.IGNORECASE
)
_HELPER = (
    '!f() { test "$1" = get && printf \'username=%s\\npassword=%s\\n\' "$SLUGC_GIT_USER" "$SLUGC_GIT_PASSWORD"; }; f'
)


def without_login(address: str) -> str:
    """`https://user:password@host/path` as `https://host/path`; everything else as it is."""
    found = _WITH_LOGIN.match(address)
    return found["scheme"] + found["host"] + address[found.end() :] if found else address


def environment(address: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What git needs in its environment to give the login of `address`; nothing where there is none. The caller's own
    settings by GIT_CONFIG_COUNT stay."""
    found = _WITH_LOGIN.match(address)
    if not found:
        return {}
    count = environ.get("GIT_CONFIG_COUNT", "")
    first = int(count) if count.isdecimal() else 0
    key = f"credential.{found['scheme'].lower()}{found['host']}.helper"
    return {
        "GIT_CONFIG_COUNT": str(first + 2),
        f"GIT_CONFIG_KEY_{first}": key,
        f"GIT_CONFIG_VALUE_{first}": "",  # forgets the helpers that the caller has for this host
        f"GIT_CONFIG_KEY_{first + 1}": key,
        f"GIT_CONFIG_VALUE_{first + 1}": _HELPER,
        "SLUGC_GIT_USER": unquote(found["user"]),
        "SLUGC_GIT_PASSWORD": unquote(found["password"] or ""),
    }
