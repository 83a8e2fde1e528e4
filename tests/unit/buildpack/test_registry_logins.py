"""Which login a registry gets. The programs that keep logins are real ones, of a few lines of shell."""

import base64
import json
import os
from pathlib import Path

import pytest

from slugc.buildpack.cloudnative import logins
from slugc.model.login import Login

GIVES = 'test "$1" = get && server=$(cat) && printf \'{"Username":"me","Secret":"for %s"}\' "$server"'


@pytest.fixture
def caller(tmp_path: Path):
    """The environment of a caller with a docker config and helpers."""

    def make(config: dict[str, object], **helpers: str) -> dict[str, str]:
        (tmp_path / "bin").mkdir()
        (tmp_path / "config.json").write_text(json.dumps(config))
        for name, body in helpers.items():
            program = tmp_path / "bin" / f"docker-credential-{name}"
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "DOCKER_CONFIG": str(tmp_path), "ASKED": str(tmp_path / "asked")}

    return make


def in_file(user: str) -> dict[str, object]:
    return {"h": {"auth": base64.b64encode(f"{user}:x".encode()).decode()}}


@pytest.mark.parametrize("config", [{"credsStore": "small"}, {"credHelpers": {"h": "small"}}])
def test_a_helper_is_told_the_host_on_stdin_and_its_secret_is_taken(caller, config):
    assert logins.login("h", caller(config, small=GIVES)).login == Login(user="me", password="for h")


def test_the_variable_goes_before_docker_and_no_helper_is_started(caller):
    environ = {**caller({"credsStore": "small"}, small='touch "$ASKED"'), "SLUGC_REGISTRY_AUTH": "h=own:pass"}
    assert logins.login("h", environ).login == Login(user="own", password="pass")
    assert not Path(environ["ASKED"]).exists()


def test_a_host_of_another_helper_is_not_asked_about(caller):
    environ = caller({"credHelpers": {"other": "small"}}, small='touch "$ASKED"')
    assert logins.login("h", environ).login is None
    assert not Path(environ["ASKED"]).exists()


def test_what_stands_in_the_file_is_taken_where_the_helper_has_none(caller):
    said = "echo 'credentials not found in native keychain'; exit 1"
    found = logins.login("h", caller({"credsStore": "small", "auths": in_file("me")}, small=said))
    assert (found.login, found.problem) == (Login(user="me", password="x"), "")


def test_a_helper_that_has_no_login_is_no_problem(caller):
    said = "echo 'credentials not found in native keychain'; exit 1"
    found = logins.login("h", caller({"credsStore": "small"}, small=said))
    assert (found.login, found.problem) == (None, "")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("echo 'the keychain is locked'; exit 1", "docker-credential-small ended with 1: the keychain is locked"),
        ("echo no agent >&2; exit 3", "docker-credential-small ended with 3: no agent"),
        ("exit 1", "docker-credential-small ended with 1: it said nothing"),
        ("echo s3cret", "docker-credential-small: it did not answer with JSON"),
    ],
)
def test_a_helper_that_fails_is_named_with_its_reason(caller, body, problem):
    found = logins.login("h", caller({"credsStore": "small"}, small=body))
    assert (found.login, found.problem) == (None, problem)


def test_a_helper_that_is_not_installed_is_named(caller):
    found = logins.login("h", caller({"credsStore": "absent"}))
    assert found.problem == "docker-credential-absent, which docker's config.json names: not installed"


def test_a_helper_that_never_answers_is_ended(caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(logins, "SECONDS", 0.2)
    found = logins.login("h", caller({"credsStore": "small"}, small="exec sleep 600"))
    assert "did not answer" in found.problem
