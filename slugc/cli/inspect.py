"""`slugc inspect`: what a slug is, from its manifest alone."""

from typing import Annotated

import typer

from slugc.cli.options import JsonOption
from slugc.cli.session import open_session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def inspect(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="A slug's path, digest, or the digest's beginning.")],
    *,
    json: JsonOption = False,
) -> None:
    """Show a slug's manifest. Only its first few kilobytes are read."""
    from slugc import api
    from slugc.render import json as json_form
    from slugc.render.slugs import inspection

    found = api.find_slug(slug, home=open_session().home)
    typer.echo(json_form.document(found.manifest) if json else "\n".join(inspection(found)))
