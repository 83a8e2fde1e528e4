"""`slugc console`: the app's console in an attached one-off dyno."""

from typing import Annotated

import typer

from slugc.cli.oneoff import run_on_app
from slugc.cli.options import dyno_size
from slugc.cli.remote import AppOption, remote_app

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def console(
    ctx: typer.Context,
    *,
    size: Annotated[str, typer.Option("--size", "-s", metavar="SIZE", help="The dyno's size.")] = "standard-1x",
    app_name: AppOption = None,
) -> int:
    """Run the process type `console`, or bash where the app has none."""
    remote = remote_app(ctx, app_name)
    types = {process["type"] for process in remote.get("process-types")}
    return run_on_app(remote, ["console" if "console" in types else "bash"], size=dyno_size(size))
