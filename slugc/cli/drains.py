"""`slugc drains`: list, add, remove."""

from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, remember, remote_app, say, show, wants_json

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)


@app.callback()
def drains(ctx: typer.Context, *, app_name: AppOption = None, json: JsonOption = False) -> None:
    """Where an app's log lines go besides its own log."""
    if remember(ctx, app_name, json=json):
        _list(ctx, app_name, json_wanted=json)


@app.command("list")
def list_drains(ctx: typer.Context, *, app_name: AppOption = None, json: JsonOption = False) -> None:
    """The drains of an app with their tokens."""
    _list(ctx, app_name, json_wanted=wants_json(ctx, json))


@app.command("add")
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="syslog+tcp://, syslog+tls:// or https://")],
    *,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Send every line from now on to a URL as well."""
    row = remote_app(ctx, app_name).call("POST", "log-drains", body={"url": url})
    say(f"Successfully added drain {row['url']}")
    show(row, row["token"], json_wanted=wants_json(ctx, json))


@app.command("remove")
def remove(
    ctx: typer.Context,
    drain: Annotated[str, typer.Argument(metavar="URL|TOKEN", help="As `slugc drains` prints it.")],
    *,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Send no more lines there."""
    row = remote_app(ctx, app_name).call("DELETE", "log-drains", body={"drain": drain})
    say(f"Successfully removed drain {row['url']}")
    if wants_json(ctx, json):
        show(row, "", json_wanted=True)


def _list(ctx: typer.Context, app_name: str | None, *, json_wanted: bool) -> None:
    rows = remote_app(ctx, app_name).get("log-drains")
    text = "\n".join(f"{row['url']} ({row['token']})" for row in rows)
    show(rows, text or "There are no drains.", json_wanted=json_wanted)
