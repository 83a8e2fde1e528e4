"""`slugc apps`: list, create, info, destroy."""

from pathlib import Path
from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, Remote, remember, remote_app, say, show, wants_json
from slugc.host.home import Home
from slugc.model.app import app_name
from slugc.model.names import spelled

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)


@app.callback()
def apps(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """The apps of this platform."""
    if remember(ctx, None, json=json):
        list_apps(ctx, json=json)


@app.command("list")
def list_apps(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """List all apps."""
    rows = Remote.of(Home.of_this_user()).get("/apps")
    text = "\n".join(["=== Apps", *(row["name"] for row in rows)]) if rows else "There are no apps yet."
    show(rows, text, json_wanted=wants_json(ctx, json))


@app.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Default: this folder's name.")] = None,
    *,
    json: JsonOption = False,
) -> None:
    """Create an app. Commands given in this folder mean it from now on, if it is the only one there."""
    here, platform = Path.cwd(), Remote.of(Home.of_this_user())
    wanted, folder = name or app_name(here.name), spelled(str(here))
    say(f"Creating {wanted}... ", end="")
    row = platform.call("POST", "/apps", {"name": wanted, "folder": folder})
    say("done")
    others = [app["name"] for app in platform.get("/apps") if app["folder"] == folder and app["name"] != wanted]
    if others:
        say(f" !     This folder has several apps now ({', '.join([*others, wanted])}): commands need --app.")
    show(row, f"{row['web_url']}", json_wanted=wants_json(ctx, json))


@app.command("info")
def info(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    *,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Show one app."""
    from slugc.render.listing import aligned, formation

    remote = remote_app(ctx, name or app_name)
    row = remote.get()
    facts = {
        "Web URL": row["web_url"],
        "Owner": row["owner"],
        "Created": row["created_at"],
        "Release": f"v{row['release']}",
        "Slug": row["slug"] or "none",
        "Dynos": formation(remote.get("formation")) or "none",
        "Add-ons": ", ".join(addon["name"] for addon in remote.get("addons")) or "none",
        "Features": ", ".join(row["features"]) or "none",
        "Maintenance": "on" if row["maintenance"] else "off",
        "Folder": row["folder"] or "none",
    }
    show(row, f"=== {row['name']}\n{aligned(facts)}", json_wanted=wants_json(ctx, json))


@app.command("destroy")
def destroy(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    *,
    app_name: AppOption = None,
    confirm: Annotated[str | None, typer.Option("--confirm", metavar="NAME", help="Its name once more.")] = None,
) -> None:
    """Stop an app and remove it with its add-ons' data. Asks for its name."""
    remote = remote_app(ctx, name or app_name)
    remote.get()
    said = confirm if confirm is not None else ask_name("app", remote.name)
    say(f"Destroying {remote.name} (including all add-ons)... ", end="")
    remote.call("DELETE", body={"confirm": said})
    say("done")


def ask_name(what: str, name: str) -> str | None:
    """The name typed in at a terminal; None where nobody sits at one."""
    import sys

    if not sys.stdin.isatty():
        return None
    say(f"This destroys the {what} {name} and its data. To go on, type its name: ", end="")
    line = sys.stdin.readline()
    if not line:  # Ctrl-D leaves the cursor behind the question
        say("")
    return line.strip() or None
