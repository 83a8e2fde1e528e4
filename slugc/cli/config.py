"""`slugc config`: list, get, set, unset, edit."""

from pathlib import Path
from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption, config_vars
from slugc.cli.remote import AppOption, RemoteApp, remember, remote_app, say, show, wants_json
from slugc.errors.ledger import NoSuchConfigVar
from slugc.errors.usage import BadArguments
from slugc.formats import dotenv

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)
ShellOption = Annotated[bool, typer.Option("--shell", "-s", help="NAME=value lines that a shell can read.")]


@app.callback()
def config(
    ctx: typer.Context, *, app_name: AppOption = None, json: JsonOption = False, shell: ShellOption = False
) -> None:
    """An app's config vars."""
    if not remember(ctx, app_name, json=json):
        return
    from slugc.render.listing import aligned

    remote = remote_app(ctx, app_name)
    found = remote.get("config-vars")
    if shell:
        typer.echo(dotenv.write(found), nl=False)
        return
    rows = [{"name": name, "value": value} for name, value in found.items()]
    text = f"=== {remote.name} Config Vars\n{aligned(found)}" if found else f"{remote.name} has no config vars."
    show(rows, text, json_wanted=wants_json(ctx, json))


@app.command("get")
def get(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...")],
    *,
    app_name: AppOption = None,
    shell: ShellOption = False,
    json: JsonOption = False,
) -> None:
    """Print the value of one config var, or of several, one a line."""
    remote = remote_app(ctx, app_name)
    found = remote.get("config-vars")
    for name in names:
        if name not in found:
            raise NoSuchConfigVar(name=name, app=remote.name)
    chosen = {name: found[name] for name in names}
    text = dotenv.write(chosen).rstrip("\n") if shell else "\n".join(chosen.values())
    rows = [{"name": name, "value": value} for name, value in chosen.items()]
    show(rows, text or "\n", json_wanted=wants_json(ctx, json))


@app.command("set")
def set_(
    ctx: typer.Context,
    pairs: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE...")] = None,
    *,
    env_file: Annotated[
        Path | None,
        typer.Option("--env-file", metavar="FILE", help="Also those of a file of NAME=value lines; arguments win."),
    ] = None,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Set config vars: one release for all of them, and a restart."""
    from slugc.ledger.config_vars import parse_pair

    wanted = dict(config_vars((), env_file))
    wanted.update(parse_pair(pair) for pair in pairs or ())
    if not wanted:
        raise BadArguments(message="config set needs NAME=VALUE or --env-file FILE")
    _change(remote_app(ctx, app_name), wanted, "Setting", json=wants_json(ctx, json))


@app.command("unset")
def unset(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...")],
    *,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Remove config vars: one release, and a restart."""
    _change(remote_app(ctx, app_name), dict.fromkeys(names), "Unsetting", json=wants_json(ctx, json))


@app.command("edit")
def edit(ctx: typer.Context, *, app_name: AppOption = None) -> None:
    """Edit all config vars in $VISUAL or $EDITOR; what changed becomes one release."""
    from slugc.cli.editing import Editing

    remote = remote_app(ctx, app_name)
    before = remote.get("config-vars")
    editing = Editing(remote.name)
    after = editing.config_vars(before)
    wanted: dict[str, str | None] = {**dict.fromkeys(before), **after}
    with editing.nothing_lost():
        _change(
            remote, {name: value for name, value in wanted.items() if before.get(name) != value}, "Setting", json=False
        )


def _change(remote: RemoteApp, wanted: "dict[str, str] | dict[str, str | None]", verb: str, *, json: bool) -> None:
    from slugc.render.listing import aligned

    if wanted:
        say(f"{verb} {', '.join(wanted)} and restarting {remote.name}... ", end="")
        answer = remote.change("PATCH", "config-vars", body=wanted)
        say(f"done, v{answer['version']}" if answer["changed"] else f"nothing changed, still v{answer['version']}")
    else:
        say("Nothing changed.")
    shown = {name: value for name, value in wanted.items() if value is not None}
    rows = [{"name": name, "value": value} for name, value in shown.items()]
    show(rows, aligned(shown), json_wanted=json)
