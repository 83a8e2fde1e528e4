"""Buildpacks by their names in a Cloud Native registry. Its index is a git repository, or a folder."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from slugc.errors.cloudnative import ImageUnfetchable
from slugc.errors.source import BuildpackNotFound, BuildpackUnfetchable
from slugc.events import Step, Warned

NOBODY = "127.0.0.1:1"
"""Where no registry listens: which image was asked for stands in the error."""


def digest(version: str) -> str:
    return "sha256:" + version.replace(".", "").ljust(64, "0")


class Index:
    """An index with versions of acme/pack."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.file = root / "pa/ck/acme_pack"
        self.file.parent.mkdir(parents=True)
        self._git("init", "-q")

    def publish(self, *versions: str, yanked: bool = False) -> None:
        with self.file.open("a") as out:
            for version in versions:
                entry = {"ns": "acme", "name": "pack", "version": version, "yanked": yanked}
                out.write(json.dumps({**entry, "addr": f"{NOBODY}/acme/pack@{digest(version)}"}) + "\n")
        self._git("add", "-A")
        self._git("commit", "-qm", "publish")

    def _git(self, *words: str) -> None:
        who = {f"GIT_{role}_{what}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        env = {**os.environ, **who, "GIT_CONFIG_GLOBAL": "/dev/null"}
        subprocess.run(["git", *words], cwd=self.root, env=env, check=True, capture_output=True)


@pytest.fixture
def index(tmp_path, monkeypatch):
    made = Index(tmp_path / "index")
    monkeypatch.setenv("SLUGC_REGISTRY_INDEX", str(made.root))
    return made


@pytest.fixture
def asked(builder, app):
    """Builds with a reference; the image that was asked for."""
    source = app({"a": "b"})

    def build(reference: str) -> str:
        with pytest.raises(ImageUnfetchable) as caught:
            builder.build(source, reference)
        return caught.value.reference

    return build


def test_a_name_alone_means_the_newest_version(index, asked):
    index.publish("1.9.0", "1.10.0")
    assert asked("urn:cnb:registry:acme/pack") == f"docker://{NOBODY}/acme/pack@{digest('1.10.0')}"
    index.publish("2.0.0")
    assert digest("2.0.0") in asked("urn:cnb:registry:acme/pack")


def test_a_version_means_that_version(index, asked):
    index.publish("1.9.0", "1.10.0")
    assert digest("1.9.0") in asked("urn:cnb:registry:acme/pack@1.9.0")


def test_a_version_that_came_later_is_found(index, asked):
    index.publish("1.9.0")
    asked("urn:cnb:registry:acme/pack@1.9.0")
    index.publish("1.10.0")
    assert digest("1.10.0") in asked("urn:cnb:registry:acme/pack@1.10.0")


def test_a_known_version_needs_its_index_no_more(index, asked, builder):
    index.publish("1.9.0")
    asked("urn:cnb:registry:acme/pack@1.9.0")
    shutil.rmtree(index.root)
    builder.seen.clear()
    assert digest("1.9.0") in asked("urn:cnb:registry:acme/pack@1.9.0")
    assert not [event for event in builder.seen if isinstance(event, Warned)]


def test_where_the_index_is_gone_the_newest_that_was_known_is_taken_and_said(index, asked, builder):
    index.publish("1.9.0")
    asked("urn:cnb:registry:acme/pack")
    shutil.rmtree(index.root)
    assert digest("1.9.0") in asked("urn:cnb:registry:acme/pack")
    assert any("fetched earlier" in event.text for event in builder.seen if isinstance(event, Warned))


def test_a_version_that_its_author_took_back_is_warned_of(index, asked, builder):
    index.publish("1.9.0")
    index.publish("1.10.0", yanked=True)
    assert digest("1.9.0") in asked("urn:cnb:registry:acme/pack")
    assert not [event for event in builder.seen if isinstance(event, Warned)]
    assert digest("1.10.0") in asked("urn:cnb:registry:acme/pack@1.10.0")
    assert any("1.10.0 was yanked" in event.text for event in builder.seen if isinstance(event, Warned))


def test_an_index_may_be_a_folder(index, asked, builder):
    index.publish("1.9.0")
    shutil.rmtree(index.root / ".git")
    assert digest("1.9.0") in asked("urn:cnb:registry:acme/pack")
    assert not any("index" in event.text for event in builder.seen if isinstance(event, Step))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("acme/none", "has no acme/none."),
        ("acme/pack@3", "has no acme/pack 3; there are: 1.9.0."),
        ("pack", "is no name of a registry"),
        ("../../etc/passwd", "is no name of a registry"),
    ],
)
def test_a_name_that_the_index_does_not_have_says_so(index, builder, app, name, reason):
    index.publish("1.9.0")
    with pytest.raises(BuildpackNotFound) as caught:
        builder.build(app({"a": "b"}), f"urn:cnb:registry:{name}")
    assert reason in caught.value.detail


def test_an_index_that_cannot_be_had_is_named(builder, app, tmp_path, monkeypatch):
    monkeypatch.setenv("SLUGC_REGISTRY_INDEX", f"file://{tmp_path}/nowhere.git")
    with pytest.raises(BuildpackUnfetchable) as caught:
        builder.build(app({"a": "b"}), "urn:cnb:registry:acme/pack")
    assert "nowhere.git" in caught.value.detail


def test_with_the_network_off_the_public_index_is_not_asked(builder, app, monkeypatch):
    monkeypatch.delenv("SLUGC_REGISTRY_INDEX", raising=False)
    with pytest.raises(BuildpackUnfetchable) as caught:
        builder.build(app({"a": "b"}), "urn:cnb:registry:acme/pack", network=False)
    assert "switched off" in caught.value.detail
