"""Where a registry's login is looked up: slugc's own variable, then what `docker login` wrote down."""

import os
from pathlib import Path

from slugc.formats import docker_config
from slugc.host.files import expanded

OWN = "SLUGC_REGISTRY_AUTH"
"""`HOST=USER:PASSWORD`, several with spaces between."""
DOCKER = "DOCKER_CONFIG"
"""The folder of docker's config.json, where it is not ~/.docker."""


def login(host: str) -> str:
    """`USER:PASSWORD`; empty where there is none for this host."""
    for word in os.environ.get(OWN, "").split():
        name, equals, found = word.partition("=")
        if equals and name == host:
            return found
    try:
        written = Path(os.environ.get(DOCKER) or expanded("~/.docker"), "config.json").read_bytes()
    except OSError:
        return ""
    return docker_config.login(written, host)
