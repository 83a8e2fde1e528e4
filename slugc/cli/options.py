"""Options that several commands share, and the reading of `NAME=value`."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slugc.errors.usage import BadAssignment, BadEnvFile
from slugc.model.build import Isolation

if TYPE_CHECKING:
    from slugc.model.dyno import DynoSize


class RuntimeSource(StrEnum):
    """Where built-in buildpacks may take a language runtime from; a buildpack says which of them it knows."""

    MIRROR = "mirror"
    NPM = "npm"
    PYPI = "pypi"
    STANDALONE = "standalone"
    APT = "apt"
    HOST = "host"


EnvOption = Annotated[
    list[str] | None,
    typer.Option("--env", "-e", metavar="NAME=VALUE", help="A config var; may be repeated."),
]
EnvFileOption = Annotated[
    Path | None,
    typer.Option("--env-file", metavar="FILE", help="Config vars from a file of NAME=value lines; -e wins."),
]
StackOption = Annotated[str, typer.Option("--stack", metavar="NAME", help="The stack; `slugc stack list` shows them.")]
IsolationOption = Annotated[
    Isolation, typer.Option("--isolation", help="auto: the best there is; required: fail without; none.")
]
NetworkOption = Annotated[bool, typer.Option("--network/--no-network", help="Whether buildpacks reach the network.")]
RuntimeSourceOption = Annotated[
    RuntimeSource | None, typer.Option("--runtime-source", help="Take language runtimes from here only.")
]
LevelOption = Annotated[int, typer.Option("--level", metavar="N", min=1, max=19, help="zstd level of the slug.")]
CacheNameOption = Annotated[
    str | None, typer.Option("--app", metavar="NAME", help="The build cache's name. Default: the source's path.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
GithubOption = Annotated[bool, typer.Option("--github", help="Print groups and annotations of GitHub Actions.")]
BuildpackOption = Annotated[
    list[str] | None,
    typer.Option(
        "--buildpack",
        "-b",
        metavar="REF",
        help="A path, built-in name, git URL#ref, tarball or image; in order, may be repeated.",
    ),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Cloud Native: the specification where the lifecycle differs.")
]
TargetOption = Annotated[
    str | None,
    typer.Option("--target", metavar="TARGET", help="Cloud Native: build for it, e.g. linux/amd64/ubuntu@24.04."),
]


def config_vars(assignments: Sequence[str] | None, env_file: Path | None = None) -> Mapping[str, str]:
    """The config vars of a command line; a later assignment wins.

    Raises BadAssignment, BadEnvFile.
    """
    found: dict[str, str] = {}
    if env_file is not None:
        found.update(_env_file(env_file))
    for given in assignments or ():
        name, equals, value = given.partition("=")
        if not equals or not name:
            raise BadAssignment(given=given, option="-e")
        found[name] = value
    return found


def _env_file(path: Path) -> Mapping[str, str]:
    from slugc.formats import dotenv

    try:
        return dotenv.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadEnvFile(path=path, problem=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise BadEnvFile(path=path, problem=f"not UTF-8 at byte {error.start}") from error
    except dotenv.DotenvProblem as error:
        raise BadEnvFile(path=path, problem=error.message, line=error.line) from error


def dyno_size(name: str) -> "DynoSize":
    """Raises UnknownSize."""
    from slugc.errors.dyno import UnknownSize
    from slugc.model.dyno import SIZES

    found = SIZES.get(name.lower())
    if found is None:
        raise UnknownSize(given=name, known=tuple(SIZES))
    return found
