"""The app's own project.toml, as a build uses it."""

from pathlib import Path

from slugc.errors.source import ConfigurationInvalid
from slugc.formats.checked import FileProblem
from slugc.formats.project_toml import Project, parse_project
from slugc.host import inside

FILE = "project.toml"


def read(app: Path) -> Project | None:
    """None where the source has no project.toml. Raises ConfigurationInvalid."""
    data = inside.read(app, FILE)
    if data is None:
        return None
    try:
        return parse_project(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigurationInvalid(file=FILE, line=0, reason="is not UTF-8") from error
    except FileProblem as problem:
        reason = f"{problem.key}: {problem.message}" if problem.key else problem.message
        raise ConfigurationInvalid(file=FILE, line=problem.line, reason=reason) from problem
