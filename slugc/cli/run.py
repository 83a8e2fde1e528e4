"""`slugc run`: a command in a one-off dyno."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from slugc.cli.options import EnvFileOption, EnvOption, config_vars, dyno_size
from slugc.cli.session import open_session
from slugc.model.build import Isolation

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class RunCommand(TyperCommand):
    """Reads no option behind the first word of CMD: `slugc run app.slug rake db:migrate --trace` needs no `--`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with_value = {name for param in self.params for name in param.opts if not getattr(param, "is_flag", True)}
        return super().parse_args(ctx, separated(args, with_value))


def separated(args: Sequence[str], with_value: Collection[str]) -> list[str]:
    """`args` with `--` before the second word that is neither an option nor an option's value."""
    words, skip = 0, False
    for at, word in enumerate(args):
        if skip:
            skip = False
        elif word == "--":
            break
        elif word.startswith("-") and word != "-":
            skip = word in with_value
        else:
            words += 1
            if words == 2:
                return [*args[:at], "--", *args[at:]]
    return list(args)


@app.command(cls=RunCommand)
def run(
    slug: Annotated[
        str, typer.Argument(metavar="SLUG|SRC|RELEASE.json", help="A slug, a source to build first, or a release.json.")
    ],
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
    size: Annotated[str, typer.Option("--size", metavar="SIZE", help="The dyno's size.")] = "standard-1x",
    stack: Annotated[
        str | None, typer.Option("--stack", metavar="NAME", help="The stack; default: the one it was built on.")
    ] = None,
    isolation: Annotated[
        Isolation, typer.Option("--isolation", help="auto: the best there is; required: fail without; none.")
    ] = Isolation.AUTO,
) -> int:
    """Run a command in a one-off dyno, attached to this terminal or these pipes.

    One word is shell text; several arrive as they were typed. The exit code is the command's. What it writes is
    gone afterwards, and nothing that it started survives it.
    """
    from slugc import api

    session = open_session()
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
