"""What is likely wrong with the app, said before or after the work: warnings that do not stop the build."""

from collections.abc import Container
from pathlib import Path

from slugc_buildpack import transcript
from slugc_node.managers import Manager
from slugc_node.manifest import Manifest


def source(app: Path, declared: Manifest, manager: Manager) -> None:
    if (app / "node_modules").is_dir():
        transcript.warn(
            "node_modules is part of the source\n"
            "Its native modules may be of another machine. Take it out: git rm -r --cached node_modules,\n"
            "and write node_modules to .gitignore."
        )
    if manager.lock is None and declared.dependencies:
        transcript.warn(
            "There is no lock file\n"
            "Every build takes the newest versions that package.json admits. Run npm install,\n"
            "and commit package-lock.json."
        )


def result(app: Path, web: str | None, declared: Manifest, pruned: Container[str]) -> None:
    """pruned: programs of devDependencies, which are gone by now."""
    if (app / "Procfile").is_file():
        return
    program = started(declared.scripts.get("start", "")) if web and web.endswith(" start") else ""
    if program in pruned:
        transcript.warn(
            f"`{web}` will not find {program}\n"
            f'The script "start" of package.json runs {program}, which came with devDependencies: they are not in the\n'
            "slug. Move its package to dependencies, or start what the build made, by a Procfile with a line such as\n"
            "web: node dist/main.js"
        )
    if web is None:
        transcript.warn(
            "Nothing says how to start the app\n"
            'Add "start" to the scripts of package.json, or a Procfile with a line such as\n'
            "web: node index.js\n"
            "A folder of static files needs a server of its own, for example the package serve:\n"
            "web: serve --single --listen $PORT dist"
        )


def started(script: str) -> str:
    """The program of a script, behind its variables: `nest` of `NODE_ENV=production nest start`; pure."""
    words = [word for word in script.split() if "=" not in word and word != "cross-env"]
    return words[0] if words else ""
