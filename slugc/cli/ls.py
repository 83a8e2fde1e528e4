"""`slugc ls`: the files of a slug."""

import sys
from typing import Annotated

import typer

from slugc.cli.options import JsonOption
from slugc.cli.session import open_session
from slugc.errors.slug import shown

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def ls(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="A slug's path, digest, or the digest's beginning.")],
    *,
    long: Annotated[bool, typer.Option("--long", "-l", help="Mode, size and layer before each name.")] = False,
    null: Annotated[
        bool, typer.Option("--null", "-0", help="Names as they are, each followed by a zero byte; for xargs -0.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the files of a slug, layer by layer. Unprintable characters are escaped unless --null is given."""
    from slugc import api
    from slugc.render import json as json_form

    found = api.find_slug(slug, home=open_session().home)
    if json:
        typer.echo(
            json_form.document(
                [
                    {"path": shown(m.path), "kind": m.kind, "mode": f"{m.mode:04o}", "size": m.size}
                    | {"layer": m.layer, "owner": m.owner}
                    | ({"link": shown(m.link)} if m.link else {})
                    for m in api.members(found)
                ]
            )
        )
        return
    for member in api.members(found):
        if null:
            sys.stdout.buffer.write(member.path + b"\0")
            continue
        arrow = f" -> {shown(member.link)}" if member.link else ""
        tail = "/" if member.kind == "folder" else ""
        facts = f"{member.mode:04o} {member.size:>12} {member.layer:<20} " if long else ""
        typer.echo(f"{facts}{shown(member.path)}{tail}{arrow if long else ''}")
