"""What the dyno's shell learns: .profile.d/python.sh and WEB_CONCURRENCY; and `export` for later buildpacks."""

import shlex
from pathlib import Path

from slugc_buildpack import profile
from slugc_buildpack.build import Build
from slugc_python.recipe import TARGET

_ROOT = Path(__file__).resolve().parents[2]


def write(build: Build) -> None:
    profile.write_scripts(build.app, _ROOT / "profile")


def write_export(build: Build) -> None:
    """The following buildpacks find this Python first."""
    folder = shlex.quote(str(build.app / TARGET / "bin"))
    profile.write_export(_ROOT, [f'export PATH={folder}:"$PATH"', 'export LANG="${LANG:-C.UTF-8}"'])
