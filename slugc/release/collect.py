"""bin/release of the buildpacks and the Procfile, put together."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from slugc.buildpack import Workshop, driver
from slugc.events import Emit, ProcessTypesFound, Warned
from slugc.formats import procfile
from slugc.formats.release_yaml import ReleaseYaml
from slugc.host import inside
from slugc.model.build import Detected, ReleaseMetadata
from slugc.model.process import ProcessType

PROCFILE = "Procfile"
_TYPE = re.compile(r"[-\w]{1,128}", re.ASCII)


def collect(group: Sequence[Detected], shop: Workshop, *, emit: Emit) -> ReleaseMetadata:
    """The last buildpack that has a bin/release speaks for all, and the Procfile is laid over its process types.

    Raises BuildpackFailed, BuildpackTimedOut, ReleaseUnreadable.
    """
    declared, owner = ReleaseYaml(), ""
    for member in group:
        said = driver(member.buildpack).release(shop, emit=emit)
        if said is not None:
            declared, owner = said, member.buildpack.id
    defaults = _usable(declared.default_process_types, owner, emit)
    commands = read_procfile(shop.app, emit=emit)
    emit(
        ProcessTypesFound(
            procfile=tuple(sorted(commands)), defaults=tuple(sorted(name for name in defaults if name not in commands))
        )
    )
    return ReleaseMetadata(
        process_types=process_types(commands, defaults, owner),
        config_vars=declared.config_vars,
        addons=declared.addons,
    )


def read_procfile(app: Path, *, emit: Emit) -> dict[str, str]:
    """Process types of the app's Procfile; every line that declares none is warned of with its number."""
    data = inside.read(app, PROCFILE)
    if data is None:
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
