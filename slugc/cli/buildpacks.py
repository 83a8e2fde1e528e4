"""`slugc buildpacks`: look at buildpacks without running them."""

from typing import Annotated

import typer

from slugc.cli.app import TopicGroup
from slugc.cli.options import JsonOption
from slugc.cli.session import open_session

app = typer.Typer(cls=TopicGroup, rich_markup_mode=None, add_completion=False)

ReferenceArgument = Annotated[
    str, typer.Argument(metavar="REF", help="A path, built-in name, git URL#ref, tarball, .cnb file or image.")
]


@app.command()
def inspect(
    reference: ReferenceArgument,
    *,
    network: Annotated[bool, typer.Option("--network/--no-network", help="Whether it may be fetched.")] = True,
    json: JsonOption = False,
) -> None:
    """Show what a buildpack, package or builder says of itself, and all that comes with it."""
    from slugc import api
    from slugc.render import buildpacks
    from slugc.render import json as json_form

    session = open_session()
    main, *others = api.inspect_buildpack(reference, network=network, home=session.home, emit=session.emit)
    if json:
        typer.echo(json_form.document([main, *others]))
        return
    lines = buildpacks.details(main)
    if others:
        lines += ["", f"comes with {len(others)}:", *(f"  {line}" for line in buildpacks.listing(others))]
    typer.echo("\n".join(lines))


@app.command("list")
def list_builtin(*, json: JsonOption = False) -> None:
    """List the built-in buildpacks in detection order."""
    from slugc import api
    from slugc.render import buildpacks
    from slugc.render import json as json_form

    found = api.builtin_buildpacks()
    typer.echo(json_form.document(found) if json else "\n".join(buildpacks.listing(found)))
