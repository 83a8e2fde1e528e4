"""Bytecode that is the same on every machine and day: a slug with it boots four times faster than one without.

`unchecked-hash` files hold no clock and are never stale by it. The work is cut into a fixed number of sorted
parts, one process each: what an earlier file left in a process shows in the bytes (interned strings), so parts
must not depend on the number of cores.
"""

import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slugc_buildpack import children, trees
from slugc_buildpack.build import Build

PARTS = 4
_NOT_THE_APPS = frozenset({".heroku", ".git", "node_modules", "vendor"})

# argv: mode, root, shown; stdin: file names, NUL-separated. A file that does not compile is left alone: templates
# and files of another Python lie in many packages, and importing them would fail all the same.
_PROGRAM = """
import os, py_compile, sys
mode, root, shown = sys.argv[1:4]
how = py_compile.PycInvalidationMode[mode]
for name in sys.stdin.buffer.read().split(b"\\0"):
    path = os.fsdecode(name)
    if path:
        try:
            py_compile.compile(path, dfile=shown + path[len(root):], doraise=True, quiet=2, invalidation_mode=how)
        except Exception:
            pass
"""


def compile_tree(
    python: Path, folders: Iterable[Path], *, root: Path, shown: str, build: Build, mode: str = "UNCHECKED_HASH"
) -> int:
    """Compile every .py below `folders`; `root` appears as `shown` in tracebacks. Returns how many files there are."""
    files = sorted({path for folder in folders for path in trees.walk(folder) if path.suffix == ".py"})
    compile_files(python, files, root=root, shown=shown, build=build, mode=mode)
    return len(files)


def compile_files(
    python: Path, files: list[Path], *, root: Path, shown: str, build: Build, mode: str = "UNCHECKED_HASH"
) -> None:
    # PYTHONHASHSEED: the order of a frozenset constant goes into the file.
    env = build.child_env({"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"})

    def compile_part(part: list[Path]) -> None:
        names = b"\0".join(bytes(path) for path in part)
        argv = [str(python), "-S", "-c", _PROGRAM, mode, str(root), shown]
        done = subprocess.run(argv, env=env, input=names, capture_output=True, check=False)
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").splitlines()
            raise children.ChildFailed(argv=argv, status=done.returncode, tail=lines[-children.TAIL :])

    with ThreadPoolExecutor(PARTS) as pool:
        # No process for an empty part: a build that finds everything compiled would start eight for nothing.
        list(pool.map(compile_part, [part for start in range(PARTS) if (part := files[start::PARTS])]))


def compile_missing(python: Path, folder: Path, *, root: Path, shown: str, build: Build) -> None:
    """Sources without bytecode, or newer than it: hooks of the app leave both, and unchecked bytecode would
    hide their change."""
    tag = next(root.glob("lib/python3.*/os.py")).parent.name.removeprefix("python").replace(".", "")
    stale = [path for path in trees.walk(folder) if path.suffix == ".py" and _stale(path, f"cpython-{tag}")]
    compile_files(python, stale, root=root, shown=shown, build=build)


def compile_app(python: Path, build: Build) -> None:
    """The app's own modules. `checked-hash`: somebody who edits a file in a dyno wants to see the change."""
    folders = [path for path in sorted(build.app.iterdir()) if path.is_dir() and not path.is_symlink()]
    kept = [path for path in folders if path.name not in _NOT_THE_APPS and not (path / "pyvenv.cfg").exists()]
    files = [path for path in sorted(build.app.glob("*.py")) if not path.is_symlink()]
    files += [path for folder in kept for path in trees.walk(folder) if path.suffix == ".py" and not path.is_symlink()]
    compile_files(python, sorted(files), root=build.app, shown="/app", build=build, mode="CHECKED_HASH")


def _stale(source: Path, tag: str) -> bool:
    try:
        compiled = (source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc").stat()
    except FileNotFoundError:
        return True
    return source.stat().st_mtime_ns > compiled.st_mtime_ns
