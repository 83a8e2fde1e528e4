"""What tests of every kind may ask for: a stack with a root file system of its own."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from slugc import stack
from slugc.errors.stack import StackNotMade
from slugc.events import silent
from slugc.host.home import Home
from slugc.host.locks import exclusive
from slugc.stack import create

SUITE = "bookworm"
NAME = "debian-12"


PACKAGES = {"bsdtar": "libarchive-tools"}
"""Where a program's Debian package has another name."""


def pytest_configure() -> None:
    # A shell starts `scripts/test &` with Ctrl-C ignored, and every child of a test would inherit that.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed (Debian package {PACKAGES.get(program, program)})")


def kept_home() -> Path:
    """Made once and kept between runs: SLUGC_TEST_CACHE, or a folder of the user's cache."""
    named = os.environ.get("SLUGC_TEST_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(named or Path.home() / ".cache") / "slugc-tests"


@pytest.fixture(scope="session")
def stack_home() -> Home:
    """A state folder with the stack `debian-12`, which has no python, node, ruby or java in its run variant.

    Tests read it and never write: it is shared by all of them, and by later runs.
    """
    if shutil.which("mmdebstrap", path=f"{os.environ.get('PATH')}:/usr/sbin:/usr/bin") is None:
        pytest.skip("mmdebstrap is not installed: no bare root file system can be made")
    home = Home(kept_home())
    with exclusive(home.root / ".lock"):
        if NAME not in stack.known(home=home):
            try:
                create.create(NAME, suite=SUITE, home=home, environ=os.environ, emit=silent)
            except StackNotMade as error:
                pytest.skip(f"no root file system could be made here: {error.detail.splitlines()[-1:]}")
    return home
