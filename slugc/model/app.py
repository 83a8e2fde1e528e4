"""An app on the local platform, and what it owns beside its releases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

APP_NAME = re.compile(r"[a-z][a-z0-9-]{1,28}[a-z0-9]")
"""The rule of the platform API's schema."""

FEATURES: Mapping[str, str] = {
    "preboot": "start new web dynos and send them traffic before the old ones stop",
    "heroku-env": "give dynos the HEROKU_* names of their metadata beside SLUGC_*",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    id: int
    """Names are free again after `apps destroy`; ids never are."""
    name: str
    owner: str
    created_at: str
    maintenance: bool = False
    features: frozenset[str] = frozenset()
    settings: Mapping[str, str] = field(default_factory=dict)
    """Everything else that was set: key to latest value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOn:
    """A service that exists, attached or not. `details` is what its provider needs to find it again."""

    name: str
    service: str
    """`postgresql`, `redis` or `url`."""
    app: str
    """The app it was created for."""
    created_at: str
    details: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A scheduled one-off dyno."""

    id: int
    app: str
    when: str
    """As the user wrote it."""
    command: str
    size: str
    created_at: str


def app_name(text: str) -> str:
    """`text` as an app may be called: letters, digits and dashes, a letter first, 3 to 30 of them."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    name = name if name[:1].isalpha() else f"app-{name}".strip("-")
    name = name[:30].rstrip("-")
    return name if len(name) > 2 else f"app-{name}".rstrip("-")
