"""What an add-on and its attachments are called. Pure."""

import re
from collections.abc import Callable, Collection, Sequence

_ADJECTIVES = (
    "amber ample brave brisk calm clear cosy crisp curly deep early fair fluffy gentle glad grand keen kind "
    "lively lucid mellow merry mild neat noble plain polar quick quiet rapid ready round rugged shiny silent "
    "smooth solid steady sunny swift tidy vivid warm wavy wise young"
)
_COLOURS = (
    "AMBER AQUA BLACK BLUE BRONZE COBALT COPPER CRIMSON CYAN GOLD GRAY GREEN INDIGO IVORY JADE LIME MAROON "
    "NAVY OLIVE ONYX ORANGE PINK PUCE PURPLE RED ROSE SILVER TEAL VIOLET WHITE YELLOW"
)
_ATTACHMENT = re.compile(r"[A-Z][A-Z0-9_]*")

Choose = Callable[[Sequence[str]], str]
"""Picks one at random; a test brings its own."""


def addon_name(service: str, *, taken: Collection[str], choose: Choose) -> str:
    """`postgresql-curly-33328`: unique on this platform."""
    while True:
        digits = "".join(choose("123456789" if n == 0 else "0123456789") for n in range(5))
        name = f"{service}-{choose(_ADJECTIVES.split())}-{digits}"
        if name not in taken:
            return name


def attachment_name(service: str, default: str, *, config: Collection[str], choose: Choose) -> str:
    """The service's own name where it is free (`DATABASE`), else one with a colour (`POSTGRESQL_COBALT`)."""
    if variable(default) not in config:
        return default
    free = [f"{service.upper()}_{colour}" for colour in _COLOURS.split()]
    free = [name for name in free if variable(name) not in config]
    return choose(free) if free else f"{service.upper()}_{len(config)}"


def variable(attachment: str) -> str:
    return f"{attachment}_URL"


def attachment_problem(name: str) -> str | None:
    if not _ATTACHMENT.fullmatch(name):
        return "It has capital letters, digits and underscores only, and starts with a letter."
    if name.startswith(("HEROKU_", "SLUGC_")):
        return "Names that start with HEROKU_ and SLUGC_ are the platform's own."
    return None
