"""Which buildpacks a build should run: the first place that names any decides."""

from collections.abc import Sequence
from pathlib import Path

from slugc.errors.source import ConfigurationInvalid
from slugc.events import Emit, Warned
from slugc.formats import app_json, dot_buildpacks
from slugc.host import inside
from slugc.model.buildpack import BuildpackReference

COMMAND_LINE = "--buildpack"


def wanted(options: Sequence[str], source: Path, *, emit: Emit) -> tuple[BuildpackReference, ...]:
    """In order: `--buildpack`, project.toml, `.buildpacks`, app.json; empty where nobody names one, which leaves it
    to detection. Raises ConfigurationInvalid."""
    if options:
        return tuple(BuildpackReference(text=text, origin=COMMAND_LINE) for text in options)
    return _project_toml(source, emit) or _dot_buildpacks(source) or _app_json(source)


def _project_toml(source: Path, emit: Emit) -> tuple[BuildpackReference, ...]:
    text = _text(source, "project.toml")
    if text is None:
        return ()
    from slugc.buildpack.cloudnative.builder import references, without_effect
    from slugc.formats.checked import FileProblem
    from slugc.formats.project_toml import parse_project

    try:
        project = parse_project(text)
    except FileProblem as error:
        reason = f"{error.key}: {error.message}" if error.key else error.message
        raise ConfigurationInvalid(file="project.toml", line=error.line, reason=reason) from error
    unused = without_effect(project)
    if unused is not None:
        hint = "Name a builder, or list every buildpack, in its order, as [[io.buildpacks.group]]."
        emit(Warned(text=unused, hint=hint, file="project.toml"))
    return references(project)


def _dot_buildpacks(source: Path) -> tuple[BuildpackReference, ...]:
    text = _text(source, ".buildpacks")
    if text is None:
        return ()
    return tuple(
        BuildpackReference(text=reference, origin=f".buildpacks line {number}")
        for number, reference in dot_buildpacks.parse(text)
    )


def _app_json(source: Path) -> tuple[BuildpackReference, ...]:
    text = _text(source, "app.json")
    if text is None:
        return ()
    try:
        parsed = app_json.parse(text)
    except app_json.AppJsonProblem as error:
        raise ConfigurationInvalid(file="app.json", line=error.line, reason=error.message) from error
    return tuple(BuildpackReference(text=reference, origin="app.json") for reference in parsed.buildpacks)


def _text(source: Path, name: str) -> str | None:
    data = inside.read(source, name)
    return None if data is None else data.decode("utf-8", "replace")
