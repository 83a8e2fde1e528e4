"""`slugc ps`: list, scale, restart, stop."""

import re
from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, remember, remote_app, say, show, wants_json
from slugc.host.clock import SystemClock

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)


@app.callback()
def ps(ctx: typer.Context, *, app_name: AppOption = None, json: JsonOption = False) -> None:
    """The dynos of an app."""
    if not remember(ctx, app_name, json=json):
        return
    from slugc.render import listing

    remote = remote_app(ctx, app_name)
    rows = remote.get("dynos")
    text = listing.dynos(rows, SystemClock().now()) if rows else f"No dynos on {remote.name}."
    show(rows, text, json_wanted=json)


@app.command("scale")
def scale(
    ctx: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="[TYPE=N[:SIZE] | TYPE+N | TYPE-N]...")] = None,
    *,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Change how many dynos of each process type run, and how big they are. Without words: show it."""
    from slugc.render import listing

    remote = remote_app(ctx, app_name)
    if not words:
        rows = remote.get("formation")
        show(rows, listing.formation(rows), json_wanted=wants_json(ctx, json))
        return
    say("Scaling dynos... ", end="")
    rows = remote.call("PATCH", "formation", body={"updates": words})
    named = {match[1] for word in words if (match := re.match(r"([-\w]+)[=+-]\d", word))}
    say(f"done, now running {listing.scaled([row for row in rows if row['type'] in named])}")
    if wants_json(ctx, json):
        show(rows, "", json_wanted=True)


@app.command("restart")
def restart(
    ctx: typer.Context,
    target: Annotated[str | None, typer.Argument(metavar="[TYPE|DYNO]", help="Default: all of them.")] = None,
    *,
    app_name: AppOption = None,
) -> None:
    """Restart dynos: `web`, `web.1`, or all but one-off dynos."""
    remote = remote_app(ctx, app_name)
    say(f"Restarting {target or 'dynos'} on {remote.name}... ", end="")
    remote.call("DELETE", "dynos", *([target] if target else []))
    say("done")


@app.command("stop")
def stop(
    ctx: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TYPE|DYNO")],
    *,
    app_name: AppOption = None,
) -> None:
    """Stop dynos until the next restart, scale or release; a one-off dyno for good."""
    remote = remote_app(ctx, app_name)
    say(f"Stopping {target} on {remote.name}... ", end="")
    remote.call("POST", "dynos", target, "actions", "stop")
    say("done")
