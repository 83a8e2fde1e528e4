"""What is likely wrong with the app, said before or after the work: warnings that do not stop the build."""

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


def result(app: Path, web: str | None) -> None:
    if web is None and not (app / "Procfile").is_file():
        transcript.warn(
            "Nothing says how to start the app\n"
            'Add "start" to the scripts of package.json, or a Procfile with a line such as\n'
            "web: node index.js"
        )
