"""`slugc schedule`: list, add, remove."""

import shlex
from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, remember, remote_app, say, show, wants_json

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)


@app.callback()
def schedule(ctx: typer.Context, *, app_name: AppOption = None, json: JsonOption = False) -> None:
    """An app's scheduled jobs."""
    if not remember(ctx, app_name, json=json):
        return
    from slugc.render.listing import size_name, table

    rows = remote_app(ctx, app_name).get("jobs")
    cells = [(str(r["id"]), r["when"], size_name(r["size"]), r["next_run"] or "never", r["command"]) for r in rows]
    text = table(("Job", "When", "Size", "Next run", "Command"), cells)
    show(rows, text or "There are no scheduled jobs.", json_wanted=json)


@app.command("add")
def add(
    ctx: typer.Context,
    when: Annotated[str, typer.Argument(metavar="WHEN", help='"every 10 minutes", "daily at 04:30", or cron; UTC.')],
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...")],
    *,
    size: Annotated[str | None, typer.Option("--size", "-s", metavar="SIZE", help="The dyno's size.")] = None,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Run a command as a one-off dyno again and again."""
    remote = remote_app(ctx, app_name)
    # One word is shell text as it stands; several arrive in the dyno as they were typed.
    text = command[0] if len(command) == 1 else shlex.join(command)
    row = remote.call("POST", "jobs", body={"when": when, "command": text, "size": size})
    say(f"Job {row['id']} will run {when} on {remote.name}.")
    show(row, str(row["id"]), json_wanted=wants_json(ctx, json))


@app.command("remove")
def remove(
    ctx: typer.Context, number: Annotated[int, typer.Argument(metavar="JOB")], *, app_name: AppOption = None
) -> None:
    """Remove a job by its number."""
    remote = remote_app(ctx, app_name)
    remote.call("DELETE", "jobs", str(number))
    say(f"Job {number} is removed from {remote.name}.")
