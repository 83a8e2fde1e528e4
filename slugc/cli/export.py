"""`slugc export`: a slug in another platform's format."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from slugc.cli.options import JsonOption
from slugc.cli.session import open_session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class ExportFormat(StrEnum):
    HEROKU = "heroku"


@app.command()
def export(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="A slug's path, digest, or the digest's beginning.")],
    *,
    form: Annotated[ExportFormat, typer.Option("--format", help="heroku: slug.tgz and the slug-create call's JSON.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where to write the files.")] = Path(),
    stack: Annotated[str | None, typer.Option("--stack", metavar="NAME", help="Their stack: heroku-24.")] = None,
    json: JsonOption = False,
) -> None:
    """Write a slug as another platform takes it: `heroku` gives slug.tgz (everything under ./app) and slug.json,
    the body of POST /apps/APP/slugs."""
    from slugc import api
    from slugc.render import json as json_form
    from slugc.render.units import size

    session = open_session()
    found = api.find_slug(slug, home=session.home)
    exported = api.EXPORTS[form](found, out, stack=stack, emit=session.emit)
    if json:
        typer.echo(json_form.document(exported))
        return
    typer.echo(f"archive: {exported.archive}\nrequest: {exported.request}")
    typer.echo(f"size: {size(exported.size)}\nchecksum: {exported.checksum}")
