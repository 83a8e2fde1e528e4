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
    if inside.read(source, "project.toml", limit=1) is None:
        return ()  # nearly every app: the reader's modules need not be loaded
    from slugc.buildpack.cloudnative import project as descriptor
    from slugc.buildpack.cloudnative.builder import references, without_effect

    project = descriptor.read(source)
    if project is None:
        return ()
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
