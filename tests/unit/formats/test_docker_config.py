"""Logins that a docker client wrote down, or left to a program of its own."""

import base64
import json

import pytest

from slugc.formats.docker_config import HelperAnswerProblem, answer, kept
from slugc.model.login import Login

ME = base64.b64encode(b"me:p:ss").decode()


def written(**config: object) -> bytes:
    return json.dumps(config).encode()


@pytest.mark.parametrize("key", ["r.example.com:5000", "https://r.example.com:5000", "https://r.example.com:5000/v1/"])
def test_a_host_is_found_however_a_client_wrote_it(key):
    config = written(auths={"other.example.com": {"auth": "eDp5"}, key: {"auth": ME}})
    assert kept(config, "r.example.com:5000").login == Login(user="me", password="p:ss")


def test_docker_hubs_login_is_found_under_the_name_that_docker_gives_it():
    key = "https://index.docker.io/v1/"
    assert kept(written(auths={key: {"auth": ME}}), "docker.io").login == Login(user="me", password="p:ss")
    left_to_a_helper = kept(written(credsStore="pass"), "docker.io")
    assert (left_to_a_helper.helper, left_to_a_helper.server) == ("docker-credential-pass", key)


def test_name_and_password_may_stand_by_themselves():
    config = written(auths={"r.example.com": {"auth": "", "username": "me", "password": "x"}})
    assert kept(config, "r.example.com").login == Login(user="me", password="x")


def test_an_identity_token_goes_before_a_password():
    config = written(auths={"r.example.com": {"auth": ME, "identitytoken": "long"}})
    assert kept(config, "r.example.com").login == Login(token="long")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "[" * 100_000,
        '{"auths": []}',
        '{"auths": {"h": {}}}',
        '{"auths": {"h": "x"}}',
        '{"auths": {"h": {"auth": "%%"}}}',
        '{"auths": {"h": {"auth": "bm9jb2xvbg=="}}}',
        '{"auths": {"h.example.com": {"auth": "eDp5"}}}',
    ],
)
def test_a_file_without_that_login_gives_none(text):
    found = kept(text.encode(), "h")
    assert (found.login, found.helper) == (None, "")


@pytest.mark.parametrize(
    ("config", "helper", "server"),
    [
        pytest.param({"credsStore": "pass"}, "docker-credential-pass", "h", id="one for all"),
        pytest.param({"credHelpers": {"h": "ecr-login"}}, "docker-credential-ecr-login", "h", id="its own"),
        pytest.param({"credHelpers": {"other": "x"}}, "", "h", id="another's"),
        pytest.param(
            {"credHelpers": {"h": "own"}, "credsStore": "all"}, "docker-credential-own", "h", id="own before all"
        ),
        pytest.param({"credHelpers": {"https://h": "own"}}, "docker-credential-own", "h", id="an address"),
        pytest.param(
            {"credsStore": "pass", "auths": {"https://h/v1/": {}}}, "docker-credential-pass", "https://h/v1/", id="old"
        ),
        pytest.param({"credsStore": "../../evil"}, "", "h", id="a path"),
        pytest.param({"credsStore": 5, "credHelpers": []}, "", "h", id="garbage"),
    ],
)
def test_the_program_that_keeps_a_login_and_what_it_knows_the_host_by(config, helper, server):
    found = kept(written(**config), "h")
    assert (found.helper, found.server) == (helper, server)


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ('{"ServerURL": "h", "Username": "me", "Secret": "p"}', Login(user="me", password="p")),
        ('{"Username": "<token>", "Secret": "long"}', Login(token="long")),
        ('{"Username": "", "Secret": ""}', None),
    ],
)
def test_what_a_program_answers(text, login):
    assert answer(text) == login


@pytest.mark.parametrize("text", ["", "s3cret", "[]", '{"Username": "s3cret"}', '{"Username": 1, "Secret": "s3cret"}'])
def test_an_answer_that_is_none_is_never_shown(text):
    with pytest.raises(HelperAnswerProblem) as caught:
        answer(text)
    assert "s3cret" not in str(caught.value)


def test_a_secret_does_not_show_where_a_login_is_printed():
    assert "p:ss" not in repr(Login(user="me", password="p:ss", token="p:ss"))
