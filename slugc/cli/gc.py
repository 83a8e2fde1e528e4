"""`slugc gc`: keep the store within a budget."""

import re
from typing import Annotated

import typer

from slugc.cli.options import JsonOption
from slugc.cli.session import open_session
from slugc.errors.usage import BadArguments

app = typer.Typer(rich_markup_mode=None, add_completion=False)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@app.command()
def gc(
    *,
    budget: Annotated[
        str, typer.Option("--budget", metavar="SIZE", help="What slugs and trees may take: 500M, 10G.")
    ] = "10G",
    json: JsonOption = False,
) -> None:
    """Remove the slugs and unpacked trees that were unused for longest, until the rest fits the budget.

    Nothing goes that a release names, a dyno runs on, or that was used within the last ten minutes. Fetched
    buildpacks go where no build has used them for 30 days, or for one where their address means another copy by now.
    Build caches stay: slugc cache clear.
    """
    from slugc import api
    from slugc.render import json as json_form
    from slugc.render.units import size

    session = open_session()
    report = api.collect_garbage(budget=_size(budget), home=session.home, clock=session.clock)
    if json:
        typer.echo(json_form.document(report))
        return
    typer.echo(f"freed: {size(report.freed)} ({len(report.slugs)} slugs, {len(report.trees)} trees)")
    if report.buildpacks:
        typer.echo(f"fetched buildpacks let go: {len(report.buildpacks)}")
    typer.echo(f"held: {size(report.left)}")
    for digest, reason in report.kept.items():
        typer.echo(f"kept: {digest[:12]}, because {reason}")


def _size(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if match is None:
        raise BadArguments(message=f"--budget {text!r} is no size; write 500M or 10G", usage="")
    return int(float(match[1]) * _UNITS[match[2]])
