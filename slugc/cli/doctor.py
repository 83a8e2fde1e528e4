"""`slugc doctor`: what this machine offers, and what to install for more."""

import typer

from slugc.cli.options import JsonOption
from slugc.cli.session import open_session

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def doctor(*, json: JsonOption = False) -> None:
    """Say what this machine offers to builds and dynos, and what to install for more."""
    from slugc import api
    from slugc.render import json as json_form
    from slugc.render.tables import table

    findings = api.doctor(home=open_session().home)
    if json:
        typer.echo(json_form.document(findings))
        return
    rows = [("ok" if found.ok else "--", found.name, found.detail) for found in findings]
    _, *lines = table(("", "", ""), rows)
    for line, found in zip(lines, findings, strict=True):
        typer.echo(line)
        if found.hint:
            typer.echo(f"      {found.hint}")
