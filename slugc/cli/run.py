"""`slugc run`: a command in a one-off dyno."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from slugc.cli.app import options_with_value
from slugc.cli.options import EnvFileOption, EnvOption, IsolationOption, config_vars, dyno_size
from slugc.cli.session import open_session
from slugc.errors.dyno import NothingToRunOn
from slugc.errors.source import SourceNotFound
from slugc.errors.usage import BadArguments
from slugc.model.build import Isolation

if TYPE_CHECKING:
    from slugc.cli.remote import RemoteApp

app = typer.Typer(rich_markup_mode=None, add_completion=False)
_DETACH = ("--detach", "-d")
NamedArgument = Annotated[
    str,
    typer.Argument(
        metavar="SLUG|SRC|RELEASE.json",
        help="A slug, a source to build first, or a release.json. With --app, --detach, or a -- in its place: "
        "no slug but the app's current release.",
    ),
]
RunAppOption = Annotated[
    str | None,
    typer.Option(
        "--app",
        "-a",
        metavar="NAME",
        help="Run on this app's current release. Default after -- or --detach: SLUGC_APP, else the folder's app.",
    ),
]


class RunCommand(TyperCommand):
    """Reads no option behind the first word of CMD: `slugc run app.slug rake db:migrate --trace` needs no `--`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with_value = options_with_value(self)
        # The parser swallows `--`, so what it says must be noted before.
        ctx.obj = {"app": None, "names_no_slug": names_no_slug(args, with_value)}
        return super().parse_args(ctx, separated(args, with_value))


def names_no_slug(args: Sequence[str], with_value: Collection[str]) -> bool:
    """Whether everything is the command: `slugc run -- CMD`, and `--detach`, which needs an app."""
    skip = detached = False
    for word in args:
        if skip:
            skip = False
        elif word == "--":
            return True
        elif word.startswith("-") and word != "-":
            skip = word in with_value
            detached = detached or word in _DETACH
        else:
            break
    return detached


def separated(args: Sequence[str], with_value: Collection[str]) -> list[str]:
    """`args` with `--` before the second word that is neither an option nor an option's value; after `--app` and
    `--detach` before the first, which is then the command."""
    words, skip, first = 0, False, 2
    for at, word in enumerate(args):
        if skip:
            skip = False
        elif word == "--":
            break
        elif word.startswith("-") and word != "-":
            skip = word in with_value
            first = 1 if word in ("--app", "-a", *_DETACH) or word.startswith("--app=") else first
        else:
            words += 1
            if words == first:
                return [*args[:at], "--", *args[at:]]
    return list(args)


@app.command(cls=RunCommand)
def run(
    ctx: typer.Context,
    slug: NamedArgument = "",
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[--] [CMD...]", help="A process type and its arguments, or any command."),
    ] = None,
    *,
    env: EnvOption = None,
    env_file: EnvFileOption = None,
    type_name: Annotated[
        str | None, typer.Option("--type", metavar="T", help="Run this process type; CMD are its arguments.")
    ] = None,
    size: Annotated[str, typer.Option("--size", "-s", metavar="SIZE", help="The dyno's size.")] = "standard-1x",
    stack: Annotated[
        str | None, typer.Option("--stack", metavar="NAME", help="The stack; default: the one it was built on.")
    ] = None,
    isolation: IsolationOption = Isolation.AUTO,
    app_name: RunAppOption = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Do not wait: its output goes to the app's log.")
    ] = False,
) -> int:
    """Run a command in a one-off dyno, attached to this terminal or these pipes.

    One word is shell text; several arrive as they were typed. The exit code is the command's. What it writes is
    gone afterwards, and nothing that it started survives it.
    """
    if app_name is not None or ctx.obj["names_no_slug"] or detach:
        words = [*([slug] if slug else []), *(command or [])]
        from slugc.cli.remote import remote_app

        return _on_app(remote_app(ctx, app_name), words, config_vars(env, env_file), type_name, size, detach=detach)
    if not slug:
        raise BadArguments(message="run needs a slug, a source or a release.json; or --app NAME")
    from slugc import api

    session = open_session()
    try:
        return api.run(
            slug,
            command or [],
            config=config_vars(env, env_file),
            type_name=type_name,
            size=dyno_size(size),
            stack=stack,
            isolation=isolation,
            home=session.home,
            clock=session.clock,
            emit=session.emit,
        )
    except SourceNotFound as error:
        if set(slug) & set("/#."):  # a path or a commit; a plain word is rather a command
            raise
        raise NothingToRunOn(given=slug, command=command or []) from error


def _on_app(
    remote: "RemoteApp", words: list[str], config: Mapping[str, str], type_name: str | None, size: str, *, detach: bool
) -> int:
    from slugc.cli import oneoff

    if detach:
        typer.echo(oneoff.run_detached(remote, words, config=config, type_name=type_name, size=dyno_size(size)))
        return 0
    return oneoff.run_on_app(remote, words, config=config, type_name=type_name, size=dyno_size(size))
