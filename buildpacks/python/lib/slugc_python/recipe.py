"""CPython as a relocatable tree at .heroku/python: from standalone builds, Debian packages, or this machine."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from slugc_buildpack import elf, trees
from slugc_buildpack.build import Build
from slugc_buildpack.problems import Problem
from slugc_buildpack.runtimes.apt import AptSource
from slugc_buildpack.runtimes.contract import Artifact, Recipe
from slugc_buildpack.runtimes.host import HostSource, Installation, copy_pruned, mounted
from slugc_buildpack.runtimes.mirror import MirrorSource
from slugc_buildpack.runtimes.normalise import rewrite_prefix, set_runpath
from slugc_python import bytecode
from slugc_python import series as known
from slugc_python.standalone import PREFIX, StandaloneSource

TARGET = ".heroku/python"

# Tests, editors and windows: 250 of 300 MB of an installation, and nothing a web app imports. The packages of
# the host stay behind: they are its own, and may hold .pth files of this machine.
_LEFT_OUT = (
    *("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3/tests", "ensurepip", "__pycache__", "pydoc_data"),
    *("config-*/*.a", "*.a", "_test*.so", "xxlimited*.so", "_tkinter*.so", "nis.*.so", "turtle.py"),
    *("site-packages", "dist-packages", "EXTERNALLY-MANAGED", "sitecustomize.py", "usercustomize.py"),
)


def site_packages(tree: Path) -> Path:
    """Where this tree's packages go: Debian's Python says dist-packages."""
    debian = tree / "lib/python3/dist-packages"
    return debian if debian.is_dir() else next(tree.glob("lib/python3.*")) / "site-packages"


def _packages(series: str, build: Build) -> tuple[str, ...]:
    del build
    name = f"python{series}"
    minimal = (f"{name}-minimal", name, f"lib{name}-minimal", f"lib{name}-stdlib", f"lib{name}-dev")
    return (*minimal, "python3-distutils", "python3-lib2to3")


def _lay_out_debian(root: Path, tree: Path, version: str, build: Build) -> None:
    """/usr of unpacked packages -> bin, lib/pythonX.Y, include/pythonX.Y."""
    series = ".".join(version.split(".")[:2])
    _take(root / "usr", tree, series)
    # Debian's pyconfig.h only includes the one of the architecture.
    own = root / "usr/include" / build.stack.multiarch / f"python{series}" / "pyconfig.h"
    if own.is_file():
        shutil.copyfile(own, tree / f"include/python{series}/pyconfig.h")


def _take(prefix: Path, tree: Path, series: str) -> None:
    name = f"python{series}"
    for folder in ("bin", "lib", "include"):
        (tree / folder).mkdir(exist_ok=True)
    shutil.copy2(prefix / "bin" / name, tree / "bin" / name)
    (tree / "lib" / name).mkdir()
    copy_pruned(prefix / "lib" / name, tree / "lib" / name, _LEFT_OUT)
    if (prefix / "include" / name).is_dir():
        trees.copy(prefix / "include" / name, tree / "include" / name)
    for library in sorted(prefix.glob(f"lib/libpython{series}*.so*")):
        shutil.copy2(library, tree / "lib" / library.name, follow_symlinks=False)


def _installations(build: Build) -> Iterator[Installation]:
    yield from mounted("python", build)
    for prefix in (Path("/usr/local"), Path("/usr")):
        for program in sorted(prefix.glob("bin/python3.*")):
            if re.fullmatch(r"python3\.\d+", program.name) and (prefix / "lib" / program.name / "os.py").is_file():
                version = _version_of(program, build)
                if version:
                    yield Installation(version=version, prefix=prefix)


def _version_of(program: Path, build: Build) -> str | None:
    from slugc_buildpack import children

    asked = "import platform; print(platform.python_version())"
    done = children.capture((str(program), "-I", "-S", "-c", asked), env=build.child_env(), timeout=60)
    return done.out.strip() if done.status == 0 else None


def _copy_installation(prefix: Path, tree: Path, version: str, build: Build) -> None:
    del build
    _take(prefix, tree, ".".join(version.split(".")[:2]))


def _shape(tree: Path, artifact: Artifact, build: Build) -> None:
    series = ".".join(artifact.version.split(".")[:2])
    stdlib = tree / "lib" / f"python{series}"
    _prune(stdlib)
    (tree / "bin/python3").unlink(missing_ok=True)
    (tree / "bin/python").unlink(missing_ok=True)
    (tree / "bin/python3").symlink_to(f"python{series}")
    (tree / "bin/python").symlink_to("python3")
    _act_like_upstream(stdlib, tree)
    _repair_paths(tree, artifact, build)
    for program in sorted((tree / "bin").iterdir()):
        if not program.is_symlink() and program.name != f"python{series}":
            program.unlink()  # pip, idle, 2to3: scripts of the place it came from
    bytecode.compile_tree(tree / "bin/python3", [stdlib], root=tree, shown=PREFIX, build=build)


def _prune(stdlib: Path) -> None:
    for pattern in _LEFT_OUT:
        for path in list(stdlib.rglob(pattern)) if "/" not in pattern else list(stdlib.glob(pattern)):
            trees.remove(path)
    for folder in stdlib.parent.glob("t*8*"):  # tcl8.6, tk8.6 of standalone builds
        trees.remove(folder)
    for library in [*stdlib.parent.glob("libtcl*"), *stdlib.parent.glob("libtk*"), *stdlib.parent.glob("itcl*")]:
        trees.remove(library)


def _act_like_upstream(stdlib: Path, tree: Path) -> None:
    """Debian's Python installs into local/ unless a package is built: here everything is the slug's own."""
    sysconfig = stdlib / "sysconfig.py" if (stdlib / "sysconfig.py").is_file() else stdlib / "sysconfig/__init__.py"
    text = sysconfig.read_text(encoding="utf-8")
    if "DEB_PYTHON_INSTALL_LAYOUT" in text:
        sysconfig.write_text(
            text.replace("'DEB_PYTHON_INSTALL_LAYOUT', 'posix_local'", "'DEB_PYTHON_INSTALL_LAYOUT', 'deb_system'"),
            encoding="utf-8",
        )
        (tree / "lib/python3/dist-packages").mkdir(parents=True, exist_ok=True)
    else:
        (stdlib / "site-packages").mkdir(exist_ok=True)


def _repair_paths(tree: Path, artifact: Artifact, build: Build) -> None:
    """The prefix it was installed to -> the one it will have; library paths relative to each file."""
    old = artifact.details.get("prefix", "/usr")
    if old not in {"/usr", "/usr/local"}:
        rewrite_prefix(tree, old, PREFIX)
    for data in tree.glob("lib/python3.*/_sysconfigdata*.py"):
        # Headers and libraries of Python itself; /usr/bin/install and the like stay.
        text = data.read_text(encoding="utf-8")
        own = rf"{re.escape(old)}(?=/include/python|/lib/python|/bin/python|/include'|/lib'|/bin'|')"
        data.write_text(re.sub(own, PREFIX, text), encoding="utf-8")
    for path in trees.walk(tree):
        wanted = elf.needs(path)
        if wanted is None or not any(library.startswith("libpython") for library in wanted.libraries):
            continue
        up = os.path.relpath(tree / "lib", path.parent)
        if not wanted.runpath.startswith("$ORIGIN") and not set_runpath(path, f"$ORIGIN/{up}", build):
            raise Problem(
                "A copied Python cannot be made to run elsewhere without patchelf",
                code="python.no-patchelf",
                evidence=f"{path.relative_to(tree)} looks for libpython in {wanted.runpath or 'the system'}",
                next_step="Install patchelf in the build stack, or name another source with SLUGC_RUNTIME_SOURCE.",
            )


def _smoke_env(tree: Path) -> Mapping[str, str]:
    del tree
    return {"PYTHONDONTWRITEBYTECODE": "1"}


RECIPE = Recipe(
    language="python",
    title="Python",
    sources=(
        MirrorSource(language="python"),
        StandaloneSource(),
        AptSource(
            language="python",
            pattern=r"python(3\.\d+)-minimal",
            packages=_packages,
            layout=_lay_out_debian,
            optional=("python3-distutils", "python3-lib2to3"),
        ),
        HostSource(language="python", installations=_installations, layout=_copy_installation),
    ),
    shape=_shape,
    smoke=(
        ("bin/python3", "-I", "-c", "import ssl, sqlite3, zlib, ctypes, hashlib, lzma, bz2, uuid, _posixsubprocess"),
    ),
    smoke_env=_smoke_env,
    builds=lambda version: known.problem(version) is None,
    revision="1",
)
