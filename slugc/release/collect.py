"""bin/release of the buildpacks and the Procfile, put together."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from slugc.buildpack import Workshop, driver
from slugc.buildpack.cloudnative.processes import merge
from slugc.events import Emit, ProcessTypesFound, Warned
from slugc.formats import procfile
from slugc.formats.release_yaml import ReleaseYaml
from slugc.host import inside
from slugc.model import variable
from slugc.model.build import Detected, ReleaseMetadata
from slugc.model.process import ProcessType

PROCFILE = "Procfile"
_TYPE = re.compile(r"[-\w]{1,128}", re.ASCII)


def collect(
    group: Sequence[Detected],
    shop: Workshop,
    *,
    declared_by: Mapping[str, Sequence[ProcessType]] | None = None,
    emit: Emit,
) -> ReleaseMetadata:
    """The last buildpack that has a bin/release speaks for all classic ones, and stands among the Cloud Native ones
    (`declared_by`, by buildpack id) at its own place: of two process types of one name the later wins. The
    Procfile is laid over them.

    Raises BuildpackFailed, BuildpackTimedOut, ReleaseUnreadable.
    """
    declared, owner = ReleaseYaml(), ""
    place = 0
    for position, member in enumerate(group):
        said = driver(member.buildpack).release(shop, emit=emit)
        if said is not None:
            declared, owner, place = said, member.buildpack.id, position
    defaults = _usable(declared.default_process_types, owner, emit)
    config_vars = _settable(declared.config_vars, owner, emit)
    commands = {} if _specification_only(group, shop) else read_procfile(shop.app, emit=emit)
    if declared_by is not None:
        by_group = [list(declared_by.get(member.buildpack.id, ())) for member in group]
        by_group[place] += process_types({}, defaults, owner)
        merged = merged_types(by_group, commands, emit)
        shown = tuple(process.name for process in merged if process.owner != PROCFILE)
        emit(ProcessTypesFound(procfile=tuple(sorted(commands)), defaults=shown))
        return ReleaseMetadata(process_types=merged, config_vars=config_vars, addons=declared.addons)
    emit(
        ProcessTypesFound(
            procfile=tuple(sorted(commands)), defaults=tuple(sorted(name for name in defaults if name not in commands))
        )
    )
    return ReleaseMetadata(
        process_types=process_types(commands, defaults, owner),
        config_vars=config_vars,
        addons=declared.addons,
    )


def merged_types(
    by_group: Sequence[Sequence[ProcessType]], commands: Mapping[str, str], emit: Emit
) -> tuple[ProcessType, ...]:
    """Process types of a group with Cloud Native members, the Procfile's over them."""
    found = merge(by_group)
    for warning in found.warnings:
        emit(Warned(text=warning))
    default = next((process.name for process in found.processes if process.default), None)
    chosen = {process.name: process for process in found.processes}
    chosen |= {name: ProcessType(name=name, command=text, owner=PROCFILE) for name, text in commands.items()}
    default = default or ("web" if "web" in chosen and (commands or not found.processes) else None)
    return tuple(replace(chosen[name], default=name == default) for name in sorted(chosen))


def _specification_only(group: Sequence[Detected], shop: Workshop) -> bool:
    """The specification knows no Procfile: strictly, only a buildpack reads it."""
    return shop.strict and all(member.descriptor is not None for member in group)


def read_procfile(app: Path, *, emit: Emit) -> dict[str, str]:
    """Process types of the app's Procfile; every line that declares none is warned of with its number.

    The source's own Procfile is a file, or the build was refused; a buildpack may have put anything in its place.
    """
    data = inside.read(app, PROCFILE)
    if data is None:
        if os.path.lexists(app / PROCFILE):
            emit(Warned(text=f"{PROCFILE} is skipped: what a buildpack left there is no file of the app"))
        return {}
    parsed = procfile.parse(data)
    for skipped in parsed.skipped:
        emit(
            Warned(
                text=f"{PROCFILE} line {skipped.line} is skipped: {skipped.text[:200]}",
                hint=skipped.reason,
                file=PROCFILE,
                line=skipped.line,
            )
        )
    return parsed.commands


def process_types(commands: Mapping[str, str], defaults: Mapping[str, str], owner: str) -> tuple[ProcessType, ...]:
    """Sorted by name; `web` is the one that runs where none is asked for."""
    chosen = {name: (text, owner) for name, text in defaults.items()}
    chosen |= {name: (text, PROCFILE) for name, text in commands.items()}
    return tuple(
        ProcessType(name=name, command=text, owner=maker, default=name == "web")
        for name, (text, maker) in sorted(chosen.items())
    )


def _usable(types: Mapping[str, str], owner: str, emit: Emit) -> dict[str, str]:
    usable = {}
    for name, text in types.items():
        if _TYPE.fullmatch(name) and text.strip():
            usable[name] = text
        else:
            emit(
                Warned(
                    text=f"{owner} declares a process type that cannot run: {name[:60]!r}",
                    hint="A type has letters, digits, - and _; its command must not be empty.",
                    buildpack=owner,
                )
            )
    return usable


def _settable(config_vars: Mapping[str, str], owner: str, emit: Emit) -> dict[str, str]:
    """A slug with a default that no environment can hold would never start."""
    settable = {}
    for name, value in config_vars.items():
        reason = variable.problem(name, value)
        if reason is None:
            settable[name] = value
        else:
            emit(
                Warned(
                    text=f"{owner} declares a config var that cannot be set: {name[:60]!r}",
                    hint=reason,
                    buildpack=owner,
                )
            )
    return settable
