"""`slugc start`: an app in the foreground."""

import os
from typing import Annotated

import typer

from slugc.cli.options import EnvFileOption, EnvOption, IsolationOption, config_vars
from slugc.cli.session import open_session
from slugc.cli.streams import straight
from slugc.model.build import Isolation
from slugc.render.terminal import harmless

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def start(
    slug: Annotated[
        str, typer.Argument(metavar="SLUG|SRC|RELEASE.json", help="A slug, a source to build first, or a release.json.")
    ] = ".",
    *,
    port: Annotated[
        int | None,
        typer.Option("--port", "-p", metavar="PORT", min=1, max=65535, help="Default: the first free from 5000 on."),
    ] = None,
    formation: Annotated[
        list[str] | None,
        typer.Option("--formation", "-m", metavar="TYPE=N,...", help="For example web=2,worker=1. Default: web=1."),
    ] = None,
    env: EnvOption = None,
    env_file: EnvFileOption = None,
    stack: Annotated[
        str | None, typer.Option("--stack", metavar="NAME", help="The stack; default: the one it was built on.")
    ] = None,
    isolation: IsolationOption = Isolation.AUTO,
    boot_timeout: Annotated[
        float, typer.Option("--boot-timeout", metavar="SECONDS", min=0.1, help="How long web may take to listen.")
    ] = 60.0,
    grace: Annotated[
        float, typer.Option("--grace", metavar="SECONDS", min=0.0, help="Between SIGTERM and SIGKILL at the end.")
    ] = 30.0,
) -> int:
    """Boot an app, print its URL when it listens, and show its log until Ctrl-C.

    Ctrl-C stops the dynos within the grace time; a second one stops them at once.
    """
    from slugc import api
    from slugc.dynos.settings import DynoSettings

    session = open_session()
    return api.start(
        slug,
        port=port,
        formation=[word for given in formation or () for word in given.split(",") if word],
        config=config_vars(env, env_file),
        settings=DynoSettings(boot=boot_timeout, grace=grace, idle=None),
        stack=stack,
        isolation=isolation,
        write_out=(lambda lines: straight(harmless(lines))) if os.isatty(1) else straight,
        on_ready=lambda url: straight(url.encode() + b"\n"),
        home=session.home,
        clock=session.clock,
        emit=session.emit,
    )
