"""What is in the source and should not be: said before it breaks something later."""

from pathlib import Path

from slugc_buildpack import transcript
from slugc_buildpack.problems import Problem
from slugc_python.recipe import TARGET


def source(app: Path) -> None:
    """Raises Problem for a committed .heroku/python: it would be overwritten."""
    if (app / TARGET).exists():
        raise Problem(
            "The source holds a folder that this buildpack makes itself",
            code="python.committed-runtime",
            file=TARGET,
            next_step="Remove it from the repository: git rm -r --cached .heroku\nand add .heroku to .gitignore.",
        )
    for name in ("venv", ".venv", "env"):
        if (app / name / "pyvenv.cfg").is_file():
            transcript.warn(
                f"The source holds a virtual environment: {name}\n"
                "It was made for another machine and only makes the slug larger.\n"
                f"Remove it: git rm -r --cached {name}; and add it to .gitignore or .slugignore."
            )
