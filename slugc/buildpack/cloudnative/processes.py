"""PURE: process types of several buildpacks become one list (specification: buildpack.md, "launch.toml")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from slugc.model.cloudnative import LaunchProcess
from slugc.model.process import ProcessType


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    processes: tuple[ProcessType, ...]
    """Sorted by type; at most one is the default."""
    warnings: tuple[str, ...] = ()


def as_process_type(process: LaunchProcess, owner: str) -> ProcessType:
    """launch.toml's words to slugc's own.

    Before Buildpack API 0.9 a command is one string: direct ones append a user's arguments (so all words are the
    command), the others are shell text.
    """
    if process.direct:
        command: str | tuple[str, ...] = (*process.command, *process.args) if process.legacy else process.command
        args = () if process.legacy else process.args
    else:
        command, args = shell_text(process.command[0], process.args), ()
    return ProcessType(
        name=process.type,
        command=command,
        args=args,
        default=process.default,
        working_dir=process.working_dir or None,
        owner=owner,
    )


def shell_text(command: str, args: Sequence[str]) -> str:
    """A command line for bash. With arguments, every word is expanded once, and stays one word."""
    if not args:
        return command
    return " ".join(f'"$(eval echo {_quoted(_in_double_quotes(word))})"' for word in (command, *args))


def merge(groups: Iterable[Sequence[ProcessType]]) -> Merged:
    """Process types of the buildpacks, in group order: a later one replaces an earlier one of the same name.

    The last default wins. A default type that is declared again without default is a default no more.
    """
    found: dict[str, ProcessType] = {}
    default: str | None = None
    warnings: list[str] = []
    for group in groups:
        for process in group:
            if process.default:
                default = process.name
            elif process.name == default:
                warnings.append(
                    f"process type {process.name} is no longer the default: {process.owner} declares it again without"
                )
                default = None
            found[process.name] = process
    ordered = tuple(replace(found[name], default=name == default) for name in sorted(found))
    return Merged(processes=ordered, warnings=tuple(warnings))


def _in_double_quotes(word: str) -> str:
    return '"' + word + '"'


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
