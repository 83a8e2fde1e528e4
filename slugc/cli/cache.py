"""`slugc cache`: list and clear build caches, and carry an app's from one CI run to the next."""

from pathlib import Path
from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.remote import remember, wants_json
from slugc.cli.session import open_session
from slugc.errors.usage import BadArguments
from slugc.model.names import printable

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False, invoke_without_command=True)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A .tar.zst to write or read.")]
SourceArgument = Annotated[str, typer.Argument(metavar="[SOURCE]", help="What `slugc build` is given.")]
AppOption = Annotated[str | None, typer.Option("--app", metavar="NAME", help="As `slugc build --app` was told.")]


@app.callback()
def cache(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """The build caches of this user, and the way of one from a CI run to the next."""
    if remember(ctx, None, json=json):
        list_caches(ctx, json=json)


@app.command("list")
def list_caches(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """List the build caches and their sizes."""
    from slugc import api
    from slugc.render import json as json_form
    from slugc.render.tables import table
    from slugc.render.units import size

    found = api.caches(home=open_session().home)
    if wants_json(ctx, json):
        typer.echo(json_form.document(found))
        return
    typer.echo(
        "\n".join(table(("app", "size"), [(printable(app_name), size(held)) for app_name, held in found.items()]))
    )


@app.command("export")
def export_cache(file: FileArgument, source: SourceArgument = ".", *, name: AppOption = None) -> None:
    """Write the build cache of SOURCE to FILE."""
    from slugc import api
    from slugc.render.units import size

    written = api.export_cache(source, file, app=name, home=open_session().home)
    typer.echo(f"Exported {size(written)} to {file}")


@app.command("import")
def import_cache(file: FileArgument, source: SourceArgument = ".", *, name: AppOption = None) -> None:
    """Replace the build cache of SOURCE by an exported one."""
    from slugc import api
    from slugc.render.units import size

    read = api.import_cache(source, file, app=name, home=open_session().home)
    typer.echo(f"Imported {size(read)} from {file}")


@app.command("clear")
def clear_cache(
    source: SourceArgument = ".",
    *,
    name: AppOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every app's.")] = False,
) -> None:
    """Remove the build cache of SOURCE. Its next build starts from nothing; slugs stay."""
    from slugc import api
    from slugc.render.units import size

    home = open_session().home
    if every and (source != "." or name):
        raise BadArguments(message="--all is every app's: give no SOURCE and no --app with it", usage="")
    names = list(api.caches(home=home)) if every else [name]
    for each in names:
        cleared, freed = api.clear_cache(source, app=each, home=home)
        typer.echo(f"Removed the build cache of {cleared} ({size(freed)})")
    if not names:
        typer.echo("There is no build cache.")
