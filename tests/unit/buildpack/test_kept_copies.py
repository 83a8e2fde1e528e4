"""Fetched buildpacks are let go when no build has used them for long."""

import os
import time

import pytest

from slugc.buildpack import copies, notes
from slugc.buildpack.notes import Note
from slugc.host.home import Home

DAY = 86_400.0
NOW = time.time()


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def keep(home, letter, *, days, address=None, noted=None):
    """A copy that was used so many days ago, and an address that means it."""
    place = home.buildpacks / (letter * 64)
    place.mkdir(parents=True)
    (place / "bin").mkdir()
    if address:
        notes.keep(address, Note(digest=place.name, uri=address), home)
        found = next(path for path in (home.buildpacks / "refs").iterdir() if place.name in path.read_text("utf-8"))
        os.utime(found, times=(NOW - (noted or days) * DAY,) * 2)
    os.utime(place, times=(NOW - days * DAY,) * 2)
    return place


def test_a_copy_that_an_address_means_stays_a_month(home):
    place = keep(home, "a", days=29, address="https://example.com/a.git")
    assert copies.collect(home, now=NOW) == ()
    assert place.is_dir()
    assert copies.collect(home, now=NOW + 2 * DAY) == (place.name,)
    assert not place.exists()
    assert len(list(home.trash.iterdir())) == 1


def test_an_address_that_is_still_asked_for_keeps_its_old_copy(home):
    place = keep(home, "a", days=300, address="https://example.com/a.git", noted=300)
    assert notes.recall("https://example.com/a.git", home) is not None
    assert copies.collect(home, now=time.time()) == ()
    assert place.is_dir()


def test_a_copy_that_no_address_means_any_more_goes_after_a_day(home):
    fresh, old = keep(home, "a", days=0.5), keep(home, "b", days=1.5)
    assert copies.collect(home, now=NOW) == (old.name,)
    assert fresh.is_dir()


def test_what_is_no_copy_stays(home):
    keep(home, "a", days=0, address="x")
    os.utime(home.buildpacks / "refs", times=(0, 0))
    assert copies.collect(home, now=NOW) == ()
    assert notes.recall("x", home) is not None


def test_without_any_buildpack_there_is_nothing_to_do(home):
    assert copies.collect(home, now=NOW) == ()
