"""`slugc maintenance`: show, on, off."""

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, remember, remote_app, say, show

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)


@app.callback()
def maintenance(ctx: typer.Context, *, app_name: AppOption = None, json: JsonOption = False) -> None:
    """Whether an app shows the maintenance page instead of itself."""
    if not remember(ctx, app_name, json=json):
        return
    on = remote_app(ctx, app_name).get()["maintenance"]
    show({"maintenance": on}, "on" if on else "off", json_wanted=json)


@app.command("on")
def on(ctx: typer.Context, *, app_name: AppOption = None) -> None:
    """Answer every request with the maintenance page; dynos go on running."""
    _switch(ctx, app_name, wanted=True)


@app.command("off")
def off(ctx: typer.Context, *, app_name: AppOption = None) -> None:
    """Send requests to the app again."""
    _switch(ctx, app_name, wanted=False)


def _switch(ctx: typer.Context, app_name: str | None, *, wanted: bool) -> None:
    remote = remote_app(ctx, app_name)
    say(f"{'Enabling' if wanted else 'Disabling'} maintenance mode for {remote.name}... ", end="")
    remote.call("PATCH", body={"maintenance": wanted})
    say("done")
