"""Logins that a docker client wrote down."""

import base64
import json

import pytest

from slugc.formats.docker_config import login

ME = base64.b64encode(b"me:p:ss").decode()


@pytest.mark.parametrize("key", ["r.example.com:5000", "https://r.example.com:5000", "https://r.example.com:5000/v1/"])
def test_a_host_is_found_however_a_client_wrote_it(key):
    config = {"auths": {"other.example.com": {"auth": "eDp5"}, key: {"auth": ME}}}
    assert login(json.dumps(config).encode(), "r.example.com:5000") == "me:p:ss"


def test_name_and_password_may_stand_by_themselves():
    config = {"auths": {"r.example.com": {"auth": "", "username": "me", "password": "x"}}}
    assert login(json.dumps(config).encode(), "r.example.com") == "me:x"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"auths": []}',
        '{"auths": {"h": {}}}',
        '{"auths": {"h": "x"}}',
        '{"auths": {"h": {"auth": "%%"}}}',
        '{"auths": {"h": {"auth": "bm9jb2xvbg=="}}}',
        '{"credsStore": "pass", "auths": {"h": {}}}',
        '{"auths": {"h.example.com": {"auth": "eDp5"}}}',
    ],
)
def test_a_file_without_that_login_gives_none(text):
    assert login(text.encode(), "h") == ""
