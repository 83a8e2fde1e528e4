"""`slugc cat`: one file of a slug."""

import os
import sys
from typing import Annotated

import typer

from slugc.cli.session import open_session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def cat(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="A slug's path, digest, or the digest's beginning.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="`Procfile` means app/Procfile; `slugc ls` lists them.")],
) -> None:
    """Print one file of a slug, byte for byte. Only the frames that hold it are read."""
    from slugc import api

    found = api.find_slug(slug, home=open_session().home)
    api.cat(found, os.fsencode(file), sys.stdout.buffer.write)
