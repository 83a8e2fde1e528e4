"""Where a registry's login is looked up: slugc's own variable, then what `docker login` wrote down or gave to keep."""

import os
from collections.abc import Mapping
from pathlib import Path

from slugc.formats import docker_config
from slugc.formats.docker_config import HelperAnswerProblem
from slugc.host.files import expanded
from slugc.host.processes import Command, capture
from slugc.model.login import Login, LoginLookup

OWN = "SLUGC_REGISTRY_AUTH"
"""`HOST=USER:PASSWORD`, several with spaces between."""
DOCKER = "DOCKER_CONFIG"
"""The folder of docker's config.json, where it is not ~/.docker."""
SECONDS = 60.0
"""A helper may have to ask a server of its own, or a person."""


def login(host: str, environ: Mapping[str, str] | None = None) -> LoginLookup:
    """A helper that keeps logins is asked before the file's own are taken. One that fails is no reason to stop, for
    most images need no login: what became of it is said where the registry refuses."""
    environ = os.environ if environ is None else environ
    for word in environ.get(OWN, "").split():
        name, equals, found = word.partition("=")
        if equals and name == host:
            user, _, password = found.partition(":")
            return LoginLookup(login=Login(user=user, password=password))
    try:
        written = Path(environ.get(DOCKER) or expanded("~/.docker"), "config.json").read_bytes()
    except OSError:
        return LoginLookup()
    kept = docker_config.kept(written, host)
    asked = _ask(kept.helper, kept.server, environ) if kept.helper else LoginLookup()
    return asked if asked.login is not None or kept.login is None else LoginLookup(login=kept.login)


def _ask(helper: str, server: str, environ: Mapping[str, str]) -> LoginLookup:
    """The server's name goes to the helper's stdin, and the secret comes from its stdout: neither is in an argv."""
    command = Command(argv=(helper, "get"), env=environ, stdin=server.encode())
    try:
        done, out, err = capture(command, timeout=SECONDS)
    except OSError as error:
        reason = "not installed" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        return LoginLookup(problem=f"{helper}, which docker's config.json names: {reason}")
    if done.timed_out:
        return LoginLookup(problem=f"{helper} did not answer within {SECONDS:g} seconds")
    if done.status != 0:
        said = (err or out).strip()  # helpers print their errors to stdout
        if docker_config.NONE_KEPT in said:
            return LoginLookup()
        return LoginLookup(problem=f"{helper} ended with {done.status}: {said[:200] or 'it said nothing'}")
    try:
        return LoginLookup(login=docker_config.answer(out))
    except HelperAnswerProblem as error:
        return LoginLookup(problem=f"{helper}: {error}")
