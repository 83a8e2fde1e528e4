"""What the dyno's shell learns: .profile.d/node*.sh; and `export` for later buildpacks."""

import shlex
import shutil
from pathlib import Path

from slugc_buildpack.build import Build
from slugc_node.recipe import TARGET

_ROOT = Path(__file__).resolve().parents[2]


def write(build: Build) -> None:
    folder = build.app / ".profile.d"
    folder.mkdir(exist_ok=True)
    for script in sorted((_ROOT / "profile").glob("*.sh")):
        shutil.copyfile(script, folder / script.name)
        (folder / script.name).chmod(0o644)


def write_export(build: Build) -> None:
    """`export` beside this buildpack's own copy: the following buildpacks find this Node.js first."""
    folders = (build.app / TARGET / "bin", build.app / "node_modules/.bin")
    path = ":".join(shlex.quote(str(folder)) for folder in folders)
    text = f'export PATH={path}:"$PATH"\nexport NODE_HOME={shlex.quote(str(build.app / TARGET))}\n'
    try:
        (_ROOT / "export").write_text(text, encoding="utf-8")
    except OSError:
        return  # run straight from a read-only checkout: no buildpack follows there
