"""jar_source.py FOLDER PACKAGE...: a Maven repository in FOLDER, made of the suite's own packages and all they need.

The libraries of most Clojure apps lie in a repository that tests do not ask. The suite has many of them as packages,
which hold their jars in the layout of a Maven repository: it is copied out of them, without installing anything.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "buildpacks/_shared")]

from slugc_buildpack.build import Build  # noqa: E402 - the folder stands above
from slugc_buildpack.runtimes import archives  # noqa: E402
from slugc_buildpack.runtimes.apt import Apt  # noqa: E402

REPOSITORY = "usr/share/maven-repo"


def main(folder: str, *packages: str) -> None:
    kept = Path(os.environ.get("SLUGC_TEST_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    apt = Apt.ready(Build.from_arguments([".", str(kept / "slugc-tests/jars")], os.environ))
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "root")
        names = sorted({name for package in packages for name in apt.closure(package)})
        for deb in apt.download(names, Path(scratch)):
            archives.unpack_deb(deb, root)
        archives.make_links_relative(root)
        # Its jars are links into usr/share/java: in the repository they are files.
        shutil.copytree(
            root / REPOSITORY, folder, ignore=lambda at, names: [n for n in names if not Path(at, n).exists()]
        )
    for path in [path for path in Path(folder).rglob("*") if path.is_file()]:
        # Build tools want every file's digest beside it, and the suite leaves those out.
        path.with_name(f"{path.name}.sha1").write_text(hashlib.sha1(path.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(*sys.argv[1:])
