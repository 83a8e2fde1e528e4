"""os-release(5): which distribution a root file system is. Pure."""

import shlex
from collections.abc import Mapping


def parse(text: str) -> Mapping[str, str]:
    """NAME=value lines; values in shell quoting. Lines that are neither are skipped, as the format's page asks."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            found[name] = "".join(shlex.split(value))
        except ValueError:
            found[name] = value.strip("\"'")
    return found
