"""`slugc features`: list, enable, disable."""

from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, remember, remote_app, say, show

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)
Name = Annotated[str, typer.Argument(metavar="NAME")]


@app.callback()
def features(ctx: typer.Context, *, app_name: AppOption = None, json: JsonOption = False) -> None:
    """What an app has switched on."""
    if not remember(ctx, app_name, json=json):
        return
    remote = remote_app(ctx, app_name)
    rows = remote.get("features")
    lines = [f"[{'+' if row['enabled'] else ' '}] {row['name']:<22} {row['description']}" for row in rows]
    show(rows, "\n".join([f"=== {remote.name} Features", *lines]), json_wanted=json)


@app.command("enable")
def enable(ctx: typer.Context, name: Name, *, app_name: AppOption = None) -> None:
    """Switch a feature on."""
    _switch(ctx, name, app_name, on=True)


@app.command("disable")
def disable(ctx: typer.Context, name: Name, *, app_name: AppOption = None) -> None:
    """Switch a feature off."""
    _switch(ctx, name, app_name, on=False)


def _switch(ctx: typer.Context, name: str, app_name: str | None, *, on: bool) -> None:
    remote = remote_app(ctx, app_name)
    say(f"{'Enabling' if on else 'Disabling'} {name} for {remote.name}... ", end="")
    remote.call("PATCH", "features", name, body={"enabled": on})
    say("done")
