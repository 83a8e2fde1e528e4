"""What the dyno's shell learns of Java: .profile.d/jvm.sh and jdbc.sh; and `export` for later buildpacks."""

import shlex
import shutil
from pathlib import Path

from slugc_buildpack.build import Build
from slugc_jvm.runtime import TARGET

_SCRIPTS = Path(__file__).resolve().parent / "profile"


def write(build: Build) -> None:
    folder = build.app / ".profile.d"
    folder.mkdir(exist_ok=True)
    for script in sorted(_SCRIPTS.glob("*.sh")):
        shutil.copyfile(script, folder / script.name)
        (folder / script.name).chmod(0o644)


def write_export(build: Build, root: Path) -> None:
    """`export` in the buildpack's own copy (`root`): the following buildpacks find this Java first."""
    home = shlex.quote(str(build.app / TARGET))
    lines = [f"export JAVA_HOME={home}", f'export PATH={home}/bin:"$PATH"']
    try:
        (root / "export").write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError:
        return  # run straight from a read-only checkout: no buildpack follows there
