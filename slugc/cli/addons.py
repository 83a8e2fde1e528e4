"""`slugc addons`: list, create, info, attach, detach, destroy."""

from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.apps import ask_name
from slugc.cli.options import JsonOption
from slugc.cli.remote import AppOption, Remote, remember, remote_app, say, show, wants_json
from slugc.host.home import Home

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)
AsOption = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="The attachment's name; its config var is NAME_URL.")
]


@app.callback()
def addons(
    ctx: typer.Context,
    *,
    app_name: AppOption = None,
    every: Annotated[bool, typer.Option("--all", "-A", help="Of all apps.")] = False,
    json: JsonOption = False,
) -> None:
    """An app's add-ons."""
    if not remember(ctx, app_name, json=json):
        return
    from slugc.render import listing

    rows = Remote.of(Home.of_this_user()).get("/addons") if every else remote_app(ctx, app_name).get("addons")
    show(rows, listing.addons(rows) or "There are no add-ons.", json_wanted=json)


@app.command("create")
def create(
    ctx: typer.Context,
    service: Annotated[str, typer.Argument(metavar="postgresql|redis|url:NAME=ADDRESS")],
    *,
    attachment: AsOption = None,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Make a service for an app and set its config var."""
    remote = remote_app(ctx, app_name)
    say(f"Creating {service.partition('=')[0]} on {remote.name}... ", end="")
    row = remote.call("POST", "addons", body={"service": service, "as": attachment})
    attached = row["attachments"][-1]
    say("done")
    say(f"Setting {', '.join(attached['config_vars'])} and restarting {remote.name}... done, v{row['release']}")
    show(row, row["name"], json_wanted=wants_json(ctx, json))


@app.command("info")
def info(
    ctx: typer.Context,
    addon: Annotated[str, typer.Argument(metavar="ADDON")],
    *,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Show one add-on."""
    from slugc.render.listing import aligned

    row = remote_app(ctx, app_name).get("addons", addon)
    facts = {
        "Service": row["service"],
        "State": row["state"],
        "Created for": row["app"],
        "Created at": row["created_at"],
        "Port": str(row["port"] or "none"),
        "Data": row["data"] or "none",
        "Attached as": ", ".join(
            f"{a['name']} on {a['app']} ({', '.join(a['config_vars'])})" for a in row["attachments"]
        )
        or "not attached",
    }
    show(row, f"=== {row['name']}\n{aligned(facts)}", json_wanted=wants_json(ctx, json))


@app.command("attach")
def attach(
    ctx: typer.Context,
    addon: Annotated[str, typer.Argument(metavar="ADDON")],
    *,
    attachment: AsOption = None,
    app_name: AppOption = None,
    json: JsonOption = False,
) -> None:
    """Attach an add-on that exists, of this app or another one."""
    remote = remote_app(ctx, app_name)
    say(f"Attaching {addon} to {remote.name}... ", end="")
    row = remote.call("POST", "addon-attachments", body={"addon": addon, "as": attachment})
    say("done")
    say(f"Setting {', '.join(row['config_vars'])} and restarting {remote.name}... done, v{row['release']}")
    show(row, row["name"], json_wanted=wants_json(ctx, json))


@app.command("detach")
def detach(
    ctx: typer.Context, attachment: Annotated[str, typer.Argument(metavar="NAME")], *, app_name: AppOption = None
) -> None:
    """Remove an attachment and its config var; the add-on and its data stay."""
    remote = remote_app(ctx, app_name)
    say(f"Detaching {attachment} from {remote.name}... ", end="")
    row = remote.call("DELETE", "addon-attachments", attachment)
    say(f"done, v{row['release']}")


@app.command("destroy")
def destroy(
    ctx: typer.Context,
    addon: Annotated[str, typer.Argument(metavar="ADDON")],
    *,
    confirm: Annotated[str | None, typer.Option("--confirm", metavar="NAME", help="Its name once more.")] = None,
    app_name: AppOption = None,
) -> None:
    """Detach an add-on everywhere and remove its data. Asks for its name."""
    remote = remote_app(ctx, app_name)
    name = remote.get("addons", addon)["name"]
    said = confirm if confirm is not None else ask_name("add-on", name)
    say(f"Destroying {name}... ", end="")
    row = remote.call("DELETE", "addons", name, body={"confirm": said})
    say(f"done, v{row['release']}")
