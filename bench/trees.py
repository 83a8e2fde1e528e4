"""Real trees to measure with: made once from the registries and kept; larger ones are put together from them."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PYTHON = (
    "django==5.1.4", "numpy==2.2.1", "pandas==2.2.3", "boto3==1.35.90", "celery==5.4.0", "flask==3.1.0",
    "sqlalchemy==2.0.36", "pillow==11.1.0", "cryptography==44.0.0", "lxml==5.3.0", "scipy==1.15.0",
)  # fmt: skip
NODE = (
    "express@4.21.2",
    "next@15.1.3",
    "react@19.0.0",
    "react-dom@19.0.0",
    "typescript@5.7.2",
    "webpack@5.97.1",
    "jest@29.7.0",
)
BINARIES = ("duckdb==1.1.3", "polars==1.18.0", "pyarrow==18.1.0", "ruff==0.8.4", "uv==0.5.13")
LARGE = 8 << 20


@dataclass(frozen=True, slots=True)
class Trees:
    """Where the trees are kept. Each has app/ at its root, as a build leaves it."""

    cache: Path

    def python(self) -> Path:
        """About 10,000 files: an environment with web, data and cloud packages, bytecode compiled."""

        def make(app: Path) -> None:
            subprocess.run([_uv(), "venv", "-q", "--python", sys.executable, str(app / ".venv")], check=True)
            python = str(app / ".venv" / "bin" / "python")
            install = [_uv(), "pip", "install", "-q", "--link-mode", "copy", "--compile-bytecode", "--python", python]
            subprocess.run([*install, *PYTHON], check=True)

        return self._made("python", make)

    def node(self) -> Path:
        """About 20,000 files: an app of express, next, typescript, webpack and jest."""

        def make(app: Path) -> None:
            (app / "package.json").write_text('{"name": "bench", "private": true}\n')
            options = ("--no-audit", "--no-fund", "--ignore-scripts", "--silent")
            subprocess.run(["npm", "install", *options, *NODE], cwd=app, check=True)

        return self._made("node", make)

    def binaries(self) -> Path:
        """A few big files: shared libraries and programs of more than 8 MiB."""

        def make(app: Path) -> None:
            aside = app.parent / "aside"
            subprocess.run([_uv(), "pip", "install", "-q", "--target", str(aside), *BINARIES], check=True)
            for path in sorted(aside.rglob("*")):
                if path.is_file() and not path.is_symlink() and path.stat().st_size > LARGE:
                    shutil.copy2(path, app / path.name)
            shutil.rmtree(aside)

        return self._made("binaries", make)

    def with_files(self, count: int) -> Path:
        """A tree of `count` files, taken from the Python and Node trees as often as needed. Hard links: a slug has
        every name as a file of its own, and the disk need not."""

        def make(app: Path) -> None:
            left = count
            for turn in range(1000):
                for source in (self.python(), self.node()):
                    left = _linked(source / "app", app / f"{source.name}{turn}", left)
                    if not left:
                        return

        return self._made(f"files-{count}", make)

    def with_bytes(self, size: int) -> Path:
        """A tree of about `size` bytes in big files."""

        def make(app: Path) -> None:
            sources = sorted((self.binaries() / "app").iterdir(), key=lambda path: path.stat().st_size)
            done = turn = 0
            while done < size:
                for path in sources:
                    if done < size and (done + path.stat().st_size <= size * 1.1 or not done):
                        os.link(path, app / f"{turn}-{path.name}")
                        done += path.stat().st_size
                turn += 1
                if done + sources[0].stat().st_size > size * 1.1:
                    return

        return self._made(f"bytes-{size}", make)

    def _made(self, name: str, make: object) -> Path:
        tree = self.cache / name
        if not tree.is_dir():
            aside = self.cache / f"{name}.part"
            if aside.exists():
                shutil.rmtree(aside)
            (aside / "app").mkdir(parents=True)
            make(aside / "app")  # type: ignore[operator]
            aside.rename(tree)
        return tree


def count_files(tree: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(tree))


def _linked(source: Path, target: Path, left: int) -> int:
    """Link up to `left` files of `source` below `target`; how many are still wanted."""
    for folder, _, files in os.walk(source):
        if not left:
            break
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True, exist_ok=True)
        for name in files:
            if left:
                os.link(Path(folder) / name, here / name, follow_symlinks=False)
                left -= 1
    return left


def _uv() -> str:
    from uv import find_uv_bin

    return find_uv_bin()
