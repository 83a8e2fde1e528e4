"""`slugc stack`: the root file systems that builds and dynos stand on."""

import os
from pathlib import Path
from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.remote import remember, wants_json
from slugc.cli.session import open_session

app = typer.Typer(
    cls=TopicGroup,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
)
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Put it in the place of a stack of that name.")]


@app.callback()
def stack(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """Root file systems: `host`, and those made from packages or taken from archives."""
    if remember(ctx, None, json=json):
        list_stacks(ctx, json=json)


@app.command("list")
def list_stacks(ctx: typer.Context, *, json: JsonOption = False) -> None:
    """Show the stacks of this machine."""
    from slugc.render import json as json_form
    from slugc.render.tables import table
    from slugc.stack.store import entries

    found = entries(home=open_session().home)
    if wants_json(ctx, json):
        typer.echo(json_form.document(found))
        return
    records = [(entry.record, entry.origin) for entry in found]
    rows = [(r.name, f"{r.distro} {r.distro_version}", r.arch, r.glibc, r.digest[:12], o) for r, o in records]
    for line in table(("name", "system", "machine", "glibc", "digest", "made from"), rows):
        typer.echo(line)


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it, for example debian-12.")],
    *,
    suite: Annotated[
        str, typer.Option("--suite", metavar="SUITE", help="The distribution's suite: bookworm, trixie, noble...")
    ],
    mirror: Annotated[str | None, typer.Option("--mirror", metavar="URL", help="Default: this system's own.")] = None,
    replace: ReplaceOption = False,
    json: JsonOption = False,
) -> None:
    """Make a stack from the packages of a Debian or Ubuntu suite (about a minute)."""
    from slugc.stack import create as making

    session = open_session()
    entry = making.create(
        name,
        suite=suite,
        home=session.home,
        environ=os.environ,
        emit=session.emit,
        mirror=mirror,
        replace=replace,
    )
    _say(entry.record.name, entry.record.digest, json=json)


@app.command("import")
def take(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    *,
    run: Annotated[Path, typer.Option("--run", metavar="RUN.tar", help="The root file system that dynos get.")],
    build: Annotated[
        Path | None, typer.Option("--build", metavar="BUILD.tar", help="The one builds get; default: the same.")
    ] = None,
    replace: ReplaceOption = False,
    json: JsonOption = False,
) -> None:
    """Take a stack from tar archives of root file systems."""
    from slugc.stack import create as making

    session = open_session()
    entry = making.take(name, run=run, build=build, home=session.home, replace=replace)
    _say(entry.record.name, entry.record.digest, json=json)


@app.command()
def remove(name: Annotated[str, typer.Argument(metavar="NAME", help="The stack's name.")]) -> None:
    """Remove a stack. Slugs that were built on it stay."""
    from slugc.stack import store

    store.remove(name, home=open_session().home)
    typer.echo(name)


def _say(name: str, digest: str, *, json: bool) -> None:
    from slugc.render import json as json_form

    typer.echo(json_form.document({"name": name, "digest": digest}) if json else f"{name} {digest}")
