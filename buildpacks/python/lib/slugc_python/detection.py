"""Is this a Python app?

The list is longer than that of the supported files on purpose: an app that misspells requirements.txt should
reach an error that says so, and not "no buildpack fits".
"""

from pathlib import Path

FILES = (
    *(".python-version", "requirements.txt", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock", "pyproject.toml"),
    *("runtime.txt", "setup.py", "setup.cfg", "manage.py", "app.py", "main.py", "server.py", "__init__.py", "pdm.lock"),
    *("__pycache__", ".venv", "venv"),
)
MISSPELLED = {
    "requirement.txt": "requirements.txt",
    "Requirements.txt": "requirements.txt",
    "requirements.text": "requirements.txt",
    "requirements.txt.txt": "requirements.txt",
    "requirments.txt": "requirements.txt",
    "pipfile": "Pipfile",
    "pipfile.lock": "Pipfile.lock",
    "python-version": ".python-version",
    ".python_version": ".python-version",
    "runtime.text": "runtime.txt",
}


def decide(app: Path) -> str | list[str]:
    present = {path.name for path in app.iterdir()}
    if any(name in present for name in (*FILES, *MISSPELLED)):
        return "Python"
    listing = sorted(present)[:20]
    return [
        "No file of a Python app is in the root folder of the app.",
        "The buildpack looks for requirements.txt, Pipfile.lock, poetry.lock, uv.lock, pyproject.toml or any of:",
        f"  {', '.join(name for name in FILES if name not in {'pyproject.toml', 'uv.lock', 'poetry.lock'})}",
        "The root folder contains:",
        *(f"  {name}" for name in listing or ["(nothing)"]),
        "If the app is in a subfolder, build that folder.",
    ]
