"""`slugc release`: a slug and config vars as one file that boots anywhere."""

from pathlib import Path
from typing import Annotated

import typer

from slugc.cli.options import EnvFileOption, EnvOption, config_vars
from slugc.cli.session import open_session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def release(
    slug: Annotated[str, typer.Argument(metavar="SLUG|SRC", help="A slug, or a source to build first.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write it.")] = Path("release.json"),
    env: EnvOption = None,
    env_file: EnvFileOption = None,
) -> None:
    """Write a release manifest: the slug's digest, its config vars and its formation.

    Only its owner can read the file: config vars may be secrets. Boot it with `slugc start FILE`.
    """
    from slugc import api

    session = open_session()
    manifest = api.release(
        slug, out, config=config_vars(env, env_file), home=session.home, clock=session.clock, emit=session.emit
    )
    typer.echo(f"release: {out}")
    typer.echo(f"slug: {manifest.slug}")
    typer.echo(f"config vars: {', '.join(sorted(manifest.config_vars)) or 'none'}")
