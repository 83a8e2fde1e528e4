"""The pytest fixtures that come with slugc: `slugc_lab`, and `slugc_home` to override."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from slugc.testing.lab import Lab


@pytest.fixture(scope="session")
def slugc_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of all labs of a run, also of pytest-xdist's workers: a runtime is fetched once. Override it
    to keep one between runs."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "slugc-home"


@pytest.fixture
def slugc_lab(slugc_home: Path, tmp_path: Path) -> "Lab":
    """A place for trial builds; its apps are gone when pytest removes the test's folder."""
    from slugc.host.home import Home
    from slugc.testing.lab import Lab

    return Lab(folder=tmp_path, home=Home(slugc_home))
