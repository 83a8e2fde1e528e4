"""What the dyno's shell learns: .profile.d/node*.sh; and `export` for later buildpacks."""

import shlex
from pathlib import Path

from slugc_buildpack import profile
from slugc_buildpack.build import Build
from slugc_node.recipe import TARGET

_ROOT = Path(__file__).resolve().parents[2]


def write(build: Build) -> None:
    profile.write_scripts(build.app, _ROOT / "profile")


def write_export(build: Build) -> None:
    """The following buildpacks find this Node.js first."""
    folders = (build.app / TARGET / "bin", build.app / "node_modules/.bin")
    path = ":".join(shlex.quote(str(folder)) for folder in folders)
    home = shlex.quote(str(build.app / TARGET))
    profile.write_export(_ROOT, [f'export PATH={path}:"$PATH"', f"export NODE_HOME={home}"])
