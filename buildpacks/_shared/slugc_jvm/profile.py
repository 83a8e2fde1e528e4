"""What the dyno's shell learns of Java: .profile.d/jvm.sh and jdbc.sh; and `export` for later buildpacks."""

import shlex
from pathlib import Path

from slugc_buildpack import profile
from slugc_buildpack.build import Build
from slugc_jvm.runtime import TARGET

_SCRIPTS = Path(__file__).resolve().parent / "profile"


def write(build: Build) -> None:
    profile.write_scripts(build.app, _SCRIPTS)


def write_export(build: Build, root: Path) -> None:
    """The buildpacks that follow the one at `root` find this Java first."""
    home = shlex.quote(str(build.app / TARGET))
    profile.write_export(root, [f"export JAVA_HOME={home}", f'export PATH={home}/bin:"$PATH"'])
