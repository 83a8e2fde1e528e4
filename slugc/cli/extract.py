"""`slugc extract`: a slug's files as a folder."""

from pathlib import Path
from typing import Annotated

import typer

from slugc.cli.session import open_session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def extract(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="A slug's path, digest, or the digest's beginning.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that does not exist yet, or is empty.")],
) -> None:
    """Unpack a slug into a folder of its own, with every safety check; whole or not at all."""
    from slugc import api

    session = open_session()
    api.extract(api.find_slug(slug, home=session.home), folder, emit=session.emit)
    typer.echo(str(folder))
