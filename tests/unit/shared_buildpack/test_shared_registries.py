"""What npm's registry offers is asked for once an hour, and again where what is kept does not serve."""

import json
import os
import time

import pytest

from slugc_buildpack.build import Build
from slugc_buildpack.runtimes.contract import Unavailable
from slugc_buildpack.runtimes.registries import NpmSource
from slugc_buildpack.versions import Series

SOURCE = NpmSource(language="tool", package="tool")


@pytest.fixture
def registry(tmp_path):
    (tmp_path / "registry").mkdir()
    offer(tmp_path, "1.0.0")
    return tmp_path


def offer(folder, *versions):
    listed = {v: {"dist": {"tarball": f"tool/-/tool-{v}.tgz", "integrity": f"sha512-{v}"}} for v in versions}
    (folder / "registry/tool").write_text(json.dumps({"versions": listed}))


def build_in(folder, **environ):
    (folder / "app").mkdir(exist_ok=True)
    given = {
        "SLUGC_RUNTIMES": str(folder / "runtimes"),
        "npm_config_registry": f"file://{folder}/registry",
        "HOME": str(folder),
        **environ,
    }
    return Build.from_arguments([str(folder / "app"), str(folder / "cache")], given)


def test_what_the_registry_said_serves_for_an_hour(registry):
    found = SOURCE.find(Series("1"), build_in(registry))
    offer(registry, "1.0.0", "1.1.0")
    assert SOURCE.find(Series("1"), build_in(registry)) == found
    assert (found.version, found.digest, found.uri) == ("1.0.0", "sha512-1.0.0", "npm:tool@1.0.0")
    assert found.details["url"] == f"file://{registry}/registry/tool/-/tool-1.0.0.tgz"
    for kept in (registry / "runtimes/state/npm-lists").iterdir():
        os.utime(kept, (time.time() - 4000, time.time() - 4000))
    assert SOURCE.find(Series("1"), build_in(registry)).version == "1.1.0"


def test_a_version_that_is_not_in_the_kept_list_is_asked_for(registry):
    SOURCE.find(Series("1"), build_in(registry))
    offer(registry, "1.0.0", "2.0.0")
    assert SOURCE.find(Series("2"), build_in(registry)).version == "2.0.0"


def test_without_a_network_the_kept_list_serves_at_any_age(registry):
    SOURCE.find(Series("1"), build_in(registry))
    for kept in (registry / "runtimes/state/npm-lists").iterdir():
        os.utime(kept, (1, 1))
    (registry / "registry/tool").unlink()
    assert SOURCE.find(Series("1"), build_in(registry, SLUGC_OFFLINE="1")).version == "1.0.0"
    with pytest.raises(Unavailable):
        SOURCE.find(Series("1"), build_in(registry))


def test_another_registry_has_a_list_of_its_own(registry):
    SOURCE.find(Series("1"), build_in(registry))
    other = registry / "other/registry"
    other.mkdir(parents=True)
    offer(registry / "other", "1.5.0")
    assert SOURCE.find(Series("1"), build_in(registry, npm_config_registry=f"file://{other}")).version == "1.5.0"


def test_a_broken_list_is_made_anew(registry):
    SOURCE.find(Series("1"), build_in(registry))
    for kept in (registry / "runtimes/state/npm-lists").iterdir():
        kept.write_text('{"1.0.0": 7}')
    assert SOURCE.find(Series("1"), build_in(registry)).version == "1.0.0"
