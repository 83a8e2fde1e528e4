"""Every folder under fixtures/ is a real app with a promise: its expect.toml (docs/reference/fixtures.md)."""

from pathlib import Path

import pytest

from slugc.testing import Fixture, Lab, fixtures

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
ROOT = Path(__file__).resolve().parents[2] / "fixtures"
# One app that works and one that does not for each of the languages that most apps are written in: what runs even where
# the whole round, ten minutes of builds on two cores, does not.
SMOKE = {"python_flask_pip", "python_error_two_lock_files", "node_basic", "node_error_two_lock_files", "java_basic"}


def marked(fixture: Fixture) -> object:
    return pytest.param(fixture, id=fixture.name, marks=[pytest.mark.smoke] if fixture.name in SMOKE else [])


@pytest.mark.parametrize("fixture", [marked(fixture) for fixture in fixtures(ROOT)])
def test_a_fixture_keeps_its_promise(fixture: Fixture, slugc_lab: Lab) -> None:
    verdict = slugc_lab.judge(fixture)
    if verdict.skipped:
        pytest.skip(verdict.skipped)
    assert not verdict.broken, verdict.report
