"""`slugc slugs`: what the store holds."""

from datetime import UTC, datetime

import typer

from slugc.cli.options import JsonOption
from slugc.cli.session import open_session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def slugs(*, json: JsonOption = False) -> None:
    """List the stored slugs, the one unused for longest first."""
    from slugc import api
    from slugc.render import json as json_form
    from slugc.render.tables import table
    from slugc.render.units import size

    found = api.stored_slugs(home=open_session().home)
    if json:
        typer.echo(json_form.document(found))
        return
    rows = [
        (
            holding.digest[:12],
            datetime.fromtimestamp(holding.used, UTC).strftime("%Y-%m-%d %H:%M"),
            size(holding.slug_size),
            size(holding.tree_size) if holding.tree_size else "",
        )
        for holding in found
    ]
    typer.echo("\n".join(table(("digest", "used", "slug", "tree"), rows)))
