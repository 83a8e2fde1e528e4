"""How somebody is known to a registry of images."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A name and a password, or an identity token in place of both. Secrets are not in its repr."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    """What a token server takes instead of a password (OAuth 2 calls it a refresh token)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginLookup:
    login: Login | None = None
    problem: str = ""
    """Why none was found where one may well be: a program that keeps logins failed."""
